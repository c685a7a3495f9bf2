using System.Text.Json.Serialization;
using AceStep.Audio;

namespace AceStep;

/// <summary>
/// What a task starts from: an audio file, audio in memory, or the latents of an earlier result (which need no second
/// encoding). Immutable. Paths, <see cref="AudioBuffer"/> and <see cref="MusicLatents"/> convert implicitly.
/// </summary>
[JsonConverter(typeof(MusicSourceJsonConverter))]
public abstract class MusicSource
{
    private protected MusicSource()
    {
    }

    /// <summary>The file extension that saved latents usually have: <c>.latents</c>.</summary>
    public const string LatentsExtension = ".latents";

    /// <summary>
    /// A file: audio in any format that <see cref="AudioFile"/> reads, or latents saved by <see cref="MusicLatents.Save"/>;
    /// its content says which. It is opened when the task runs.
    /// </summary>
    public static MusicSource FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new FileSource(path);
    }

    /// <summary>Audio in a stream, in any format that <see cref="AudioFile"/> reads. It is read to its end at once and stays open.</summary>
    /// <exception cref="AudioFormatException">The stream is not audio that can be read.</exception>
    public static MusicSource FromStream(Stream stream)
    {
        LoadedAudio loaded = AudioFile.LoadWithInfo(stream);
        return new AudioSource(loaded.Audio, loaded.Warnings);
    }

    /// <summary>Audio in memory: any rate, 1 to 8 channels.</summary>
    public static MusicSource FromAudio(AudioBuffer audio)
    {
        ArgumentNullException.ThrowIfNull(audio);
        return new AudioSource(audio, []);
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

    /// <summary>Opens the source: audio or latents, never both, and what was left out of it.</summary>
    /// <param name="check">Told the length in latent frames, before anything of that length is read where it is known; throws to refuse it.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    internal abstract (AudioBuffer? Audio, MusicLatents? Latents, IReadOnlyList<AudioWarning> Warnings) Open(Action<int> check, CancellationToken cancellationToken);

    /// <summary>The path of a source that is a file; null for others.</summary>
    internal virtual string? FilePath => null;

    private sealed class FileSource(string path) : MusicSource
    {
        /// <summary>Samples that are decoded between two looks at length and cancellation.</summary>
        private const int BlockLength = 1 << 20;

        internal override string? FilePath => path;

        internal override (AudioBuffer? Audio, MusicLatents? Latents, IReadOnlyList<AudioWarning> Warnings) Open(Action<int> check, CancellationToken cancellationToken)
        {
            if (MusicLatents.IsSaved(path))
            {
                MusicLatents latents = MusicLatents.Load(path);
                check(latents.Frames);
                return (null, latents, []);
            }

            using AudioReader reader = AudioFile.OpenRead(path);
            int rate = reader.Info.SampleRate;
            if (reader.Info.Length is { } claimed)
            {
                check(LatentFrames.ForSound(claimed, rate));
            }

            // A file may hold more than it says, or less.
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
    }

    private sealed class AudioSource(AudioBuffer audio, IReadOnlyList<AudioWarning> warnings) : MusicSource
    {
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

/// <summary>What is heard where an inpainting or a continuation keeps its source.</summary>
public enum SourceBlend
{
    /// <summary>The kept latents, decoded: the codec's round trip of the source, without a seam. What the original does.</summary>
    Decoded,

    /// <summary>The source's own samples, with a crossfade of one latent frame (93 ms) at each seam. Needs a source that is audio.</summary>
    Original,
}
