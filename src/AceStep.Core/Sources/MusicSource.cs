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

    /// <summary>Audio in memory: any rate, 1 to 8 channels.</summary>
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

    /// <summary>Opens the source: audio or latents, never both.</summary>
    internal abstract (AudioBuffer? Audio, MusicLatents? Latents) Open();

    /// <summary>The path of a source that is a file; null for others.</summary>
    internal virtual string? FilePath => null;

    private sealed class FileSource(string path) : MusicSource
    {
        internal override string? FilePath => path;

        internal override (AudioBuffer? Audio, MusicLatents? Latents) Open() =>
            MusicLatents.IsSaved(path)
                ? (null, MusicLatents.Load(path))
                : (AudioFile.Load(path), null);

        public override string ToString() => path;
    }

    private sealed class AudioSource(AudioBuffer audio) : MusicSource
    {
        internal override (AudioBuffer? Audio, MusicLatents? Latents) Open() => (audio, null);

        public override string ToString() => "audio";
    }

    private sealed class LatentsSource(MusicLatents latents) : MusicSource
    {
        internal override (AudioBuffer? Audio, MusicLatents? Latents) Open() => (null, latents);

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
