using System.Text.Json.Serialization;
using AceStep.Audio;

namespace AceStep;

/// <summary>
/// The audio that a task starts from: a file, audio in memory, or the latents of an earlier result (which need not be
/// encoded again). Immutable. Paths, <see cref="AudioBuffer"/> and <see cref="MusicLatents"/> convert implicitly.
/// </summary>
[JsonConverter(typeof(MusicSourceJsonConverter))]
public abstract class MusicSource
{
    private protected MusicSource()
    {
    }

    /// <summary>The usual file extension of saved latents: <c>.latents</c>.</summary>
    public const string LatentsExtension = ".latents";

    /// <summary>
    /// A file: audio in any format that <see cref="AudioFile"/> reads, or latents saved by <see cref="MusicLatents.Save(string)"/>;
    /// its contents tell which. It is opened when the task runs. A pipe is read once, and its contents are
    /// kept; on Linux, waiting for it can be cancelled.
    /// </summary>
    public static MusicSource FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new FileSource(path);
    }

    /// <summary>
    /// Audio in a stream, in any format that <see cref="AudioFile"/> reads, or saved latents; the first bytes tell which. The
    /// stream is read to its end immediately, and is not closed.
    /// </summary>
    /// <exception cref="AudioFormatException">The stream is not audio in a readable format.</exception>
    /// <exception cref="Models.CheckpointFormatException">The stream begins like saved latents, but does not hold any.</exception>
    public static MusicSource FromStream(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        byte[] start = new byte[MusicLatents.TellingBytes];
        int read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        Stream whole = Again(stream, start.AsMemory(0, read));
        return MusicLatents.IsSaved(start.AsSpan(0, read)) ? new LatentsSource(MusicLatents.Load(whole)) : new AudioSource(AudioFile.LoadWithInfo(whole));
    }

    /// <summary>As <see cref="FromStream"/>, with asynchronous reads only, so that the stream may be the body of an ASP.NET Core request.</summary>
    /// <inheritdoc cref="FromStream" path="/exception" />
    public static async Task<MusicSource> FromStreamAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        byte[] start = new byte[MusicLatents.TellingBytes];
        int read = await stream.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        Stream whole = Again(stream, start.AsMemory(0, read));
        return MusicLatents.IsSaved(start.AsSpan(0, read))
            ? new LatentsSource(await MusicLatents.LoadAsync(whole, cancellationToken).ConfigureAwait(false))
            : new AudioSource(await AudioFile.LoadAsync(whole, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Audio in memory, with any sample rate and 1 to 8 channels.</summary>
    public static MusicSource FromAudio(AudioBuffer audio)
    {
        ArgumentNullException.ThrowIfNull(audio);
        return new AudioSource(audio);
    }

    /// <summary>Latents of an earlier result.</summary>
    public static MusicSource FromLatents(MusicLatents latents)
    {
        ArgumentNullException.ThrowIfNull(latents);
        return new LatentsSource(latents);
    }

    /// <inheritdoc cref="FromFile" />
    public static implicit operator MusicSource(string path) => FromFile(path);

    /// <inheritdoc cref="FromAudio" />
    public static implicit operator MusicSource(AudioBuffer audio) => FromAudio(audio);

    /// <inheritdoc cref="FromLatents" />
    public static implicit operator MusicSource(MusicLatents latents) => FromLatents(latents);

    /// <summary>Opens the source. Returns either audio or latents, and warnings about parts that were left out.</summary>
    /// <param name="check">Called with the length in latent frames, before the audio is decoded if the file tells its length. Throws to refuse the source.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    internal abstract (AudioBuffer? Audio, MusicLatents? Latents, IReadOnlyList<AudioWarning> Warnings) Open(Action<int> check, CancellationToken cancellationToken);

    /// <summary>The path of a source that is a file; null for others.</summary>
    internal virtual string? FilePath => null;

    /// <summary>A stream whose first bytes have been read, from its beginning.</summary>
    private static Stream Again(Stream stream, ReadOnlyMemory<byte> start)
    {
        if (!stream.CanSeek)
        {
            return new PrefixedStream(start, stream);
        }

        stream.Position -= start.Length;
        return stream;
    }

    private sealed class FileSource(string path) : MusicSource
    {
        private readonly Lock _gate = new();
        private MusicSource? _kept;

        /// <summary>Samples that are decoded between two checks of the length and of cancellation.</summary>
        private const int BlockLength = 1 << 20;

        internal override string? FilePath => path;

        internal override (AudioBuffer? Audio, MusicLatents? Latents, IReadOnlyList<AudioWarning> Warnings) Open(Action<int> check, CancellationToken cancellationToken)
        {
            if (ReadPipe(cancellationToken) is { } kept)
            {
                return kept.Open(check, cancellationToken);
            }

            if (File.Exists(path) && MusicLatents.IsSaved(path))
            {
                MusicLatents latents = MusicLatents.Load(path);
                check(latents.Frames);
                return (null, latents, []);
            }

            using AudioReader reader = AudioFile.OpenRead(path, cancellationToken);
            int rate = reader.Info.SampleRate;
            if (reader.Info.Length is { } claimed)
            {
                check(LatentFrames.ForSound(claimed, rate));
            }

            // A file may have more or fewer samples than its header says.
            List<AudioBuffer> blocks = [];
            long length = 0;
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                blocks.Add(reader.ReadBlock(BlockLength));
                length += blocks[^1].Length;
                if (LatentFrames.ForSound(length, rate) > LatentFrames.Maximum + 1)
                {
                    check(LatentFrames.ForSound(length, rate));
                }
            }
            while (blocks[^1].Length == BlockLength && length < Array.MaxLength - BlockLength);
            if (blocks[^1].Length == BlockLength)
            {
                throw new AudioFormatException($"{path}: longer than a source can be; it has more than {FieldText.Of(length)} samples per channel.");
            }

            check(LatentFrames.ForSound(length, rate));
            return (AudioBuffer.Concatenate(blocks), null, reader.Warnings);
        }

        public override string ToString() => path;

        /// <summary>The contents of a pipe, which can be read only once; null if the path is a file.</summary>
        private MusicSource? ReadPipe(CancellationToken cancellationToken)
        {
            lock (_gate)
            {
                if (_kept is null && File.Exists(path))
                {
                    using Stream file = PatientStream.Open(path, cancellationToken);
                    _kept = file.CanSeek ? null : FromStream(file);
                }

                return _kept;
            }
        }
    }

    private sealed class AudioSource(AudioBuffer audio, IReadOnlyList<AudioWarning> warnings) : MusicSource
    {
        public AudioSource(LoadedAudio loaded)
            : this(loaded.Audio, loaded.Warnings)
        {
        }

        public AudioSource(AudioBuffer audio)
            : this(audio, [])
        {
        }

        internal override (AudioBuffer? Audio, MusicLatents? Latents, IReadOnlyList<AudioWarning> Warnings) Open(Action<int> check, CancellationToken cancellationToken)
        {
            check(LatentFrames.ForSound(audio.Length, audio.SampleRate));
            return (audio, null, warnings);
        }

        public override string ToString() => "audio";
    }

    private sealed class LatentsSource(MusicLatents latents) : MusicSource
    {
        internal override (AudioBuffer? Audio, MusicLatents? Latents, IReadOnlyList<AudioWarning> Warnings) Open(Action<int> check, CancellationToken cancellationToken)
        {
            check(latents.Frames);
            return (null, latents, []);
        }

        public override string ToString() => "latents";
    }
}

/// <summary>What is heard where inpainting or continuation keeps the source.</summary>
public enum SourceBlend
{
    /// <summary>The source as the codec encodes and decodes it: slightly changed, without seams. As in the original.</summary>
    Decoded,

    /// <summary>The source's own samples, with a crossfade of one latent frame (93 ms) at each seam. Needs a source that is audio, not latents.</summary>
    Original,
}
