using AceStep.Audio;
using AceStep.Lyrics;

namespace AceStep;

/// <summary>The result of a request. Immutable; holds no native memory.</summary>
public sealed record MusicResult
{
    /// <summary>The songs, one for each item of the batch.</summary>
    public required IReadOnlyList<Song> Songs { get; init; }

    /// <summary>The request as it was computed, with every seed filled in.</summary>
    public required MusicRequest Request { get; init; }

    /// <summary>How each line of the lyrics was read: its language, the text that is sung, its tokens and warnings. For a style transfer, the target's lyrics.</summary>
    public required IReadOnlyList<LyricLine> Lyrics { get; init; }

    /// <summary>Warnings about the source, the prompt, the lyrics, the seeds and the songs. Often empty.</summary>
    public IReadOnlyList<MusicWarning> Warnings { get; init; } = [];

    /// <summary>How long each part took.</summary>
    public required MusicTimings Timings { get; init; }
}

/// <summary>One song. Immutable.</summary>
public sealed record Song
{
    /// <summary>The audio: stereo at the requested sample rate, neither clipped nor normalised.</summary>
    public required AudioBuffer Audio { get; init; }

    /// <summary>The song before decoding. Can be the source of further tasks.</summary>
    public required MusicLatents Latents { get; init; }

    /// <summary>The seed of the song's noise.</summary>
    public required long Seed { get; init; }

    /// <summary>The seed of the song's second noise; null if the task draws none.</summary>
    public required long? VariationSeed { get; init; }

    /// <summary>The tags for the song's file, with its prompt and seed in the comment.</summary>
    public AudioTags Tags => new SongTags { Prompt = Latents.Settings.GetValueOrDefault("prompt"), Seed = Seed }.ToAudioTags();

    /// <summary>Saves the song's audio, with its prompt and seed in the file's tags. If that fails, no incomplete file is left.</summary>
    /// <param name="path">The file's path; an existing file is replaced. Its extension determines the format.</param>
    /// <param name="options">How samples are stored. If it has tags, they are written instead of <see cref="Tags"/>.</param>
    /// <exception cref="ArgumentException">The extension is not that of a format, or the format cannot store such samples.</exception>
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
/// <param name="Decoding">Decoding latents to audio, including resampling.</param>
public sealed record MusicTimings(TimeSpan Source, TimeSpan Conditioning, TimeSpan Denoising, TimeSpan Decoding)
{
    /// <summary>The sum of the parts.</summary>
    public TimeSpan Total => Source + Conditioning + Denoising + Decoding;
}

/// <summary>A warning about a result: something was cut, changed or left out, or does not sound as it is written.</summary>
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
    /// <summary>The source: a part of its file was left out or is missing.</summary>
    Source,

    /// <summary>The prompt: only its beginning is read.</summary>
    Prompt,

    /// <summary>A line of the lyrics; <see cref="MusicResult.Lyrics"/> has the same warning with the line.</summary>
    Lyrics,

    /// <summary>The seeds: songs of one batch that are equal.</summary>
    Seeds,

    /// <summary>A song that is silence.</summary>
    Silence,
}

/// <summary>
/// A network's output has values that are not finite (NaN or infinity), so there is no song. The message says where they
/// first appeared and the likely cause: a damaged weight, which it names, or a scale that is far too large.
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

    /// <summary>The stage in which they first appeared.</summary>
    public MusicStage Stage { get; }

    /// <summary>The network: "text encoder", "transformer", "codec".</summary>
    public string Network { get; }

    /// <summary>The first evaluation of the denoising loop, counted from 1, whose result was not finite; null in other stages.</summary>
    public int? Evaluation { get; }
}
