using AceStep.Schedulers;

namespace AceStep;

/// <summary>Settings of the computation that all tasks share. Immutable.</summary>
public sealed record GenerationSettings
{
    private const int MostSteps = 10_000;
    private const int MostSongs = 64;

    /// <summary>The number of denoising steps, at least 1. Default 60; 27 usually sound as good. With heun, each step but the last computes two passes of the model.</summary>
    [RequestField("Number of denoising steps; 27 usually sound as good as 60.", Minimum = 1, Maximum = MostSteps, Deployment = "infer_steps", DeploymentMinimum = 20, DeploymentMaximum = 100)]
    public int Steps { get; init; } = 60;

    /// <summary>The scheduler, which computes the denoising steps. Default <see cref="SchedulerKind.Euler"/>.</summary>
    [RequestField("The scheduler, which computes the denoising steps.", Deployment = "scheduler_type")]
    public SchedulerKind Scheduler { get; init; } = SchedulerKind.Euler;

    /// <summary>Granularity scale: how far each step is stretched around its mean over the batch. Default 10; 0 leaves steps as they are. Has no effect with pingpong, in inpainting, continuation and style transfer.</summary>
    [RequestField(
        "Granularity scale: how far each step is stretched around its mean; 0 leaves steps as they are. No effect with pingpong, nor in inpainting, continuation and style transfer.",
        Deployment = "omega_scale", DeploymentMinimum = 1, DeploymentMaximum = 20, Option = "omega")]
    public double OmegaScale { get; init; } = 10;

    /// <summary>
    /// Computes only these steps, numbered from 1, of a schedule with as many steps as the largest number. Empty (the
    /// default) computes all of <see cref="Steps"/> steps. For text to music and variations only; not with heun.
    /// </summary>
    [RequestField("Compute only these steps, numbered from 1, of a schedule that ends with the largest; for text to music and variations, not with heun.", Minimum = 1, Maximum = MostSteps)]
    public IReadOnlyList<int> OwnSteps { get; init; } = [];

    /// <summary>The number of songs generated at once, at least 1. Default 1.</summary>
    [RequestField("Number of songs generated at once.", Minimum = 1, Maximum = MostSongs, Option = "batch", Group = RequestFieldAttribute.Music)]
    public int BatchSize { get; init; } = 1;

    /// <summary>The songs' sample rate in Hz: 44100 (the model's own) or 48000 (resampled; the default).</summary>
    [RequestField("Sample rate of the songs; the model's own is 44100.", Values = [44100, 48000], Unit = "Hz", Deployment = "sample_rate", Group = RequestFieldAttribute.Output)]
    public int SampleRate { get; init; } = 48000;
}

/// <summary>How strongly, in which steps and by which rule the prompt and lyrics guide the music. Immutable.</summary>
public sealed record GuidanceSettings
{
    /// <summary>The rule that combines conditional and unconditional predictions. Default <see cref="GuidanceKind.Apg"/>.</summary>
    [RequestField("The rule by which predictions with and without the prompt are combined.", Deployment = "cfg_type", Option = "guidance")]
    public GuidanceKind Kind { get; init; } = GuidanceKind.Apg;

    /// <summary>Guidance scale, at least 0. Default 15; 0 and 1 switch guidance off, which halves the work.</summary>
    [RequestField(
        "Guidance scale: how strongly the prompt and lyrics guide the music. 0 and 1 switch guidance off.",
        Minimum = 0, Deployment = "guidance_scale", DeploymentMinimum = 1, DeploymentMaximum = 30, Option = "guidance-scale")]
    public double Scale { get; init; } = 15;

    /// <summary>A separate guidance scale for the prompt. Default 0 (off). If this and <see cref="LyricScale"/> are above 1, double-condition guidance is used, whatever <see cref="Kind"/> says.</summary>
    [RequestField(
        "Separate guidance scale for the prompt; used only together with the one for the lyrics. 0 switches both off.",
        Minimum = 0, Deployment = "guidance_scale_text", DeploymentMaximum = 30, Option = "guidance-scale-text")]
    public double TextScale { get; init; }

    /// <summary>A separate guidance scale for the lyrics. Default 0 (off). If this and <see cref="TextScale"/> are above 1, double-condition guidance is used, whatever <see cref="Kind"/> says.</summary>
    [RequestField(
        "Separate guidance scale for the lyrics; used only together with the one for the prompt. 0 switches both off.",
        Minimum = 0, Deployment = "guidance_scale_lyric", DeploymentMaximum = 30, Option = "guidance-scale-lyric")]
    public double LyricScale { get; init; }

    /// <summary>The share of the steps that are guided, around the middle of the schedule: 0 to 1. Default 0.5.</summary>
    [ShareField("Share of the steps that are guided, around the middle of the schedule.", Option = "guidance-interval")]
    public double Interval { get; init; } = 0.5;

    /// <summary>How far the guidance scale falls towards <see cref="MinScale"/> by the end of the interval: 0 (constant; the default) to 1.</summary>
    [ShareField("How far the guidance scale falls towards its minimum during the guided steps; 0 keeps it constant.", Option = "guidance-decay")]
    public double IntervalDecay { get; init; }

    /// <summary>The guidance scale at the end of a full decay. Default 3.</summary>
    [RequestField("The guidance scale at the end of a full decay.", Minimum = 0, Option = "min-guidance-scale")]
    public double MinScale { get; init; } = 3;

    /// <summary>Entropy-rectifying guidance (ERG) for the prompt: the unconditional pass reads the weakened prompt. Default true; has an effect only if <see cref="ErgLyric"/> is true too.</summary>
    [RequestField("Entropy-rectifying guidance (ERG) for the prompt; has an effect only together with ERG for the lyrics.", Deployment = "use_erg_tag")]
    public bool ErgTag { get; init; } = true;

    /// <summary>Entropy-rectifying guidance (ERG) for the lyrics: the unconditional pass reads the weakened lyrics. Default true.</summary>
    [RequestField("Entropy-rectifying guidance (ERG) for the lyrics.", Deployment = "use_erg_lyric")]
    public bool ErgLyric { get; init; } = true;

    /// <summary>Entropy-rectifying guidance (ERG) for the transformer: attention is weakened in five blocks of the unconditional pass. Default true.</summary>
    [RequestField("Entropy-rectifying guidance (ERG) for the transformer that makes the music.", Deployment = "use_erg_diffusion")]
    public bool ErgDiffusion { get; init; } = true;

    /// <summary>Whether double-condition guidance is used.</summary>
    internal bool IsDoubleCondition => TextScale > 1 && LyricScale > 1;

    /// <summary>Whether the scale switches guidance on.</summary>
    internal bool IsActive => Guider.IsOn(Scale);
}
