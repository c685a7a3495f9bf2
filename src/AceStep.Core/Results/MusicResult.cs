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

    /// <summary>What is not as the request may have meant it, such as a source that is cut: sentences in English. Those on lines of the lyrics are in <see cref="Lyrics"/>.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>How long each part took.</summary>
    public required MusicTimings Timings { get; init; }
}

/// <summary>One song. Immutable.</summary>
public sealed partial record Song
{
    /// <summary>The sound: stereo at the requested rate, as the model made it (neither clipped nor normalised).</summary>
    public required AudioBuffer Audio { get; init; }

    /// <summary>The song before decoding: a source for further tasks.</summary>
    public required MusicLatents Latents { get; init; }

    /// <summary>The seed of the song's noise.</summary>
    public required long Seed { get; init; }

    /// <summary>The seed of the song's second noise; null where the task draws none.</summary>
    public required long? VariationSeed { get; init; }
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
