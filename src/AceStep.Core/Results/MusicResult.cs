using AceStep.Audio;
using AceStep.Lyrics;

namespace AceStep;

/// <summary>What a request gave. Immutable; holds no native memory.</summary>
public sealed record MusicResult
{
    /// <summary>The songs, one for each item of the batch.</summary>
    public required IReadOnlyList<Song> Songs { get; init; }

    /// <summary>The request as it was computed: every seed filled in.</summary>
    public required MusicRequest Request { get; init; }

    /// <summary>What became of each line of the lyrics: its language, what is sung, its tokens, its warnings. For a style transfer, of the target's lyrics.</summary>
    public required IReadOnlyList<LyricLine> Lyrics { get; init; }

    /// <summary>What a user should know of the result: of the source, the prompt, the lyrics, the seeds, the songs. Often empty.</summary>
    public IReadOnlyList<MusicWarning> Warnings { get; init; } = [];

    /// <summary>How long each part took.</summary>
    public required MusicTimings Timings { get; init; }
}

/// <summary>One song. Immutable.</summary>
public sealed record Song
{
    /// <summary>The sound: stereo at the requested rate, as the model made it (neither clipped nor normalised).</summary>
    public required AudioBuffer Audio { get; init; }

    /// <summary>The song before decoding: a source for further tasks.</summary>
    public required MusicLatents Latents { get; init; }

    /// <summary>The seed of the song's noise.</summary>
    public required long Seed { get; init; }

    /// <summary>The seed of the song's second noise; null where the task draws none.</summary>
    public required long? VariationSeed { get; init; }

    /// <summary>What a file says of the song: its prompt and seed, in the comment.</summary>
    public AudioTags Tags => new SongTags { Prompt = Latents.Settings.GetValueOrDefault("prompt"), Seed = Seed }.ToAudioTags();

    /// <summary>Writes the song's sound, with its prompt and seed in the file's tags, whole or not at all.</summary>
    /// <param name="path">The file; one that is there is replaced. Its extension says the format.</param>
    /// <param name="options">How samples are stored. Tags that it has are written instead of <see cref="Tags"/>.</param>
    /// <exception cref="ArgumentException">The extension names no format, or the format cannot hold such samples.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <example>
    /// <code>
    /// result.Songs[0].Save("song.mp3");
    /// </code>
    /// </example>
    public void Save(string path, AudioSaveOptions? options = null) => AudioFile.Save(Audio, path, format: null, WithTags(options));

    private AudioSaveOptions WithTags(AudioSaveOptions? options)
    {
        options ??= new AudioSaveOptions();
        return options.Tags == new AudioTags() ? options with { Tags = Tags } : options;
    }
}

/// <summary>How long the parts of a generation took.</summary>
/// <param name="Source">Reading and encoding the source; zero without one.</param>
/// <param name="Conditioning">Encoding prompt and lyrics.</param>
/// <param name="Denoising">The denoising loop.</param>
/// <param name="Decoding">Latents to samples, resampling included.</param>
public sealed record MusicTimings(TimeSpan Source, TimeSpan Conditioning, TimeSpan Denoising, TimeSpan Decoding)
{
    /// <summary>The sum of the parts.</summary>
    public TimeSpan Total => Source + Conditioning + Denoising + Decoding;
}

/// <summary>Something that a user should know of a result: what was cut, changed or left out, or sounds other than it reads.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Message">One sentence in English.</param>
public sealed record MusicWarning(MusicWarningKind Kind, string Message)
{
    /// <summary>The message.</summary>
    public override string ToString() => Message;
}

/// <summary>What a <see cref="MusicWarning"/> is about.</summary>
public enum MusicWarningKind
{
    /// <summary>The source: what of its file was left out or is missing.</summary>
    Source,

    /// <summary>A prompt, of which the model reads the beginning only.</summary>
    Prompt,

    /// <summary>A line of the lyrics; <see cref="MusicResult.Lyrics"/> has it with its line.</summary>
    Lyrics,

    /// <summary>The seeds: songs of one batch that are equal.</summary>
    Seeds,

    /// <summary>A song that is silence.</summary>
    Silence,
}

/// <summary>
/// A network of the model gave numbers that are not finite (NaN or infinity), so there is no song. The message says where it
/// began and what is likely to be the cause: a damaged weight, which it names, or a scale that is far too large.
/// </summary>
public sealed class NonFiniteResultException : Exception
{
    internal NonFiniteResultException(MusicStage stage, string network, int? evaluation, string message)
        : base(message)
    {
        Stage = stage;
        Network = network;
        Evaluation = evaluation;
    }

    /// <summary>The stage in which it began.</summary>
    public MusicStage Stage { get; }

    /// <summary>The network that gave them: "text encoder", "transformer", "codec".</summary>
    public string Network { get; }

    /// <summary>The evaluation of the denoising loop after which they were first there, from 1; null in other stages.</summary>
    public int? Evaluation { get; }
}
