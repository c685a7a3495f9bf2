namespace AceStep;

/// <summary>Music from a prompt and lyrics: <see cref="MusicPipeline.TextToMusicAsync"/>.</summary>
public sealed record TextToMusicRequest : GuidedMusicRequest
{
    /// <summary>Length of the song: at least one latent frame (93 ms), at most 240 s. Default 30 s. Rounded down to whole latent frames.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);

    internal override MusicTask Task => MusicTask.TextToMusic;
}

/// <summary>
/// Another take of the song that the same request without variation gives: <see cref="MusicPipeline.VaryAsync"/>.
/// </summary>
public sealed record VariationRequest : GuidedMusicRequest
{
    /// <inheritdoc cref="TextToMusicRequest.Duration" />
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The seed, or one for each song, of the noise that is mixed in. Default: drawn at random and reported in the result.</summary>
    public Seeds VariationSeed { get; init; } = Seeds.Random;

    /// <summary>How far the take departs: 0 (the same song) to 1 (as different as another seed). Default 0.5. The original's retake variance.</summary>
    public double Strength { get; init; } = 0.5;

    internal override MusicTask Task => MusicTask.Variation;
}

/// <summary>New music that starts from given audio: <see cref="MusicPipeline.AudioToAudioAsync"/>.</summary>
public sealed record AudioToAudioRequest : GuidedMusicRequest
{
    /// <summary>The audio to start from; its length is the song's.</summary>
    public required MusicSource Source { get; init; }

    /// <summary>
    /// How much is made anew: 0 (the source's latents, decoded) to 1 (as from noise). Default 0.5. This is 1 minus the
    /// original's reference strength. The number of steps computed is int(strength * steps).
    /// </summary>
    public double Strength { get; init; } = 0.5;

    internal override MusicTask Task => MusicTask.AudioToAudio;
}

/// <summary>Music before, after, or on both sides of given audio: <see cref="MusicPipeline.ContinueAsync"/>.</summary>
public sealed record ContinuationRequest : GuidedMusicRequest
{
    /// <summary>The audio to continue.</summary>
    public required MusicSource Source { get; init; }

    /// <summary>Length of the music to add before the source. Default 0. Rounded down to whole latent frames.</summary>
    public TimeSpan Before { get; init; }

    /// <summary>Length of the music to add after the source. Default 0. Rounded down to whole latent frames.</summary>
    public TimeSpan After { get; init; }

    /// <inheritdoc cref="VariationRequest.VariationSeed" />
    public Seeds VariationSeed { get; init; } = Seeds.Random;

    /// <summary>How much of the schedule is run: 0 (nothing is added but silence) to 1 (all steps). Default 1. The original's retake variance.</summary>
    public double Strength { get; init; } = 1;

    /// <summary>What is heard where the source is kept. Default <see cref="SourceBlend.Decoded"/>.</summary>
    public SourceBlend SourceBlend { get; init; } = SourceBlend.Decoded;

    internal override MusicTask Task => MusicTask.Continuation;
}

/// <summary>A span of given audio made anew: <see cref="MusicPipeline.InpaintAsync"/>.</summary>
public sealed record InpaintingRequest : GuidedMusicRequest
{
    /// <summary>The audio to change.</summary>
    public required MusicSource Source { get; init; }

    /// <summary>Where the span starts. Default 0. Rounded down to whole latent frames.</summary>
    public TimeSpan Start { get; init; }

    /// <summary>Where the span ends, exclusive; after <see cref="Start"/> by at least one latent frame, at most the source's end. Rounded down to whole latent frames.</summary>
    public required TimeSpan End { get; init; }

    /// <inheritdoc cref="VariationRequest.VariationSeed" />
    public Seeds VariationSeed { get; init; } = Seeds.Random;

    /// <summary>How far the span may depart from the source: 0 (the source comes back unchanged) to 1. Default 0.2. The original's retake variance.</summary>
    public double Strength { get; init; } = 0.2;

    /// <inheritdoc cref="ContinuationRequest.SourceBlend" />
    public SourceBlend SourceBlend { get; init; } = SourceBlend.Decoded;

    internal override MusicTask Task => MusicTask.Inpainting;
}

/// <summary>
/// Given audio, led from one description to another (FlowEdit): <see cref="MusicPipeline.TransferStyleAsync"/>.
/// <see cref="MusicRequest.Prompt"/> and <see cref="MusicRequest.Lyrics"/> describe the source.
/// </summary>
public sealed record StyleTransferRequest : MusicRequest
{
    /// <summary>The audio to change.</summary>
    public required MusicSource Source { get; init; }

    /// <summary>What the result should be. Empty (the default): the source's prompt.</summary>
    public string TargetPrompt { get; init; } = "";

    /// <summary>What the result should sing. Empty (the default): the source's lyrics.</summary>
    public string TargetLyrics { get; init; } = "";

    /// <summary>The share of the steps that is skipped, 0 to 1: the larger, the nearer to the source. Default 0. The original's n_min.</summary>
    public double From { get; init; }

    /// <summary>The share of the steps after which the target is denoised by itself, from <see cref="From"/> to 1. Default 1. The original's n_max.</summary>
    public double To { get; init; } = 1;

    /// <summary>Noise draws averaged in each step, at least 1. Default 1. The original's n_avg.</summary>
    public int Average { get; init; } = 1;

    /// <summary>Guidance scale (APG) of source and target, at least 0. Default 15; 0 and 1 switch guidance off.</summary>
    public double GuidanceScale { get; init; } = 15;

    /// <summary>The seed, or one for each song, of the noise. Default: drawn at random and reported in the result. The only noise of this task: <see cref="MusicRequest.Seed"/> has no effect.</summary>
    public Seeds VariationSeed { get; init; } = Seeds.Random;

    internal override MusicTask Task => MusicTask.StyleTransfer;
}

/// <summary>
/// Accompaniment for given vocals: <see cref="MusicPipeline.AccompanyAsync"/>. The released model has no network for
/// accompaniment: this is audio to audio from the vocals with the style's words joined to the prompt.
/// </summary>
public sealed record AccompanimentRequest : GuidedMusicRequest
{
    /// <summary>The vocals.</summary>
    public required MusicSource Vocals { get; init; }

    /// <summary>The style whose words are joined to the prompt. Default <see cref="AccompanimentStyle.Matching"/>.</summary>
    public AccompanimentStyle Style { get; init; } = AccompanimentStyle.Matching;

    /// <inheritdoc cref="AudioToAudioRequest.Strength" />
    public double Strength { get; init; } = 0.5;

    /// <summary>Whether the vocals' own samples are mixed back over the result. Default false. Needs vocals that are audio, not latents.</summary>
    public bool KeepVocals { get; init; }

    internal override MusicTask Task => MusicTask.Accompaniment;
}

/// <summary>Styles of <see cref="AccompanimentRequest"/>.</summary>
public enum AccompanimentStyle
{
    /// <summary>Whatever suits the vocals.</summary>
    Matching,

    /// <summary>Jazz.</summary>
    Jazz,

    /// <summary>Rock.</summary>
    Rock,

    /// <summary>Electronic.</summary>
    Electronic,

    /// <summary>Classical.</summary>
    Classical,

    /// <summary>Pop.</summary>
    Pop,

    /// <summary>Folk.</summary>
    Folk,
}

/// <summary>What is heard where an inpainting or a continuation keeps its source.</summary>
public enum SourceBlend
{
    /// <summary>The kept latents, decoded: the codec's round trip of the source, without a seam. What the original does.</summary>
    Decoded,

    /// <summary>The source's own samples, with a crossfade of one latent frame (93 ms) at each seam. Needs a source that is audio.</summary>
    Original,
}
