using AceStep.Schedulers;

namespace AceStep;

/// <summary>How a request is computed, whatever its task. Immutable.</summary>
public sealed record GenerationSettings
{
    private const int MostSteps = 10_000;
    private const int MostSongs = 64;

    /// <summary>Denoising steps, at least 1. Default 60; 27 is usually as good. Heun computes twice as many passes less one.</summary>
    [RequestField("Denoising steps.", Minimum = 1, Maximum = MostSteps, Deployment = "infer_steps", DeploymentMinimum = 20, DeploymentMaximum = 100)]
    public int Steps { get; init; } = 60;

    /// <summary>The scheduler. Default <see cref="SchedulerKind.Euler"/>.</summary>
    [RequestField("The scheduler.", Deployment = "scheduler_type")]
    public SchedulerKind Scheduler { get; init; } = SchedulerKind.Euler;

    /// <summary>Granularity scale: how far each step is stretched around its mean. Default 10; 0 leaves steps as they are. The mean is the whole batch's. Unused by pingpong, inpainting, continuation and style transfer.</summary>
    [RequestField(
        "Granularity scale; unused by pingpong, inpainting, continuation and style transfer.",
        Deployment = "omega_scale", DeploymentMinimum = 1, DeploymentMaximum = 20, Option = "omega")]
    public double OmegaScale { get; init; } = 10;

    /// <summary>
    /// Own step subset: the 1-based steps, out of as many as the largest names, that are computed. Empty (the default)
    /// computes <see cref="Steps"/> steps. Text to music and variations only; not with heun.
    /// </summary>
    [RequestField("Own step subset, 1-based: text to music and variations only, not with heun.", Minimum = 1, Maximum = MostSteps)]
    public IReadOnlyList<int> OwnSteps { get; init; } = [];

    /// <summary>Songs generated at once, at least 1. Default 1.</summary>
    [RequestField("Songs generated at once.", Minimum = 1, Maximum = MostSongs, Option = "batch", Group = RequestFieldAttribute.Music)]
    public int BatchSize { get; init; } = 1;

    /// <summary>The songs' sample rate in Hz: 48000 (the default; resampled as the original does) or 44100 (as the model makes it).</summary>
    [RequestField("The songs' sample rate.", Values = [44100, 48000], Unit = "Hz", Deployment = "sample_rate", Group = RequestFieldAttribute.Output)]
    public int SampleRate { get; init; } = 48000;
}

/// <summary>How strongly, when and by which rule the prediction is pulled towards the prompt and lyrics. Immutable.</summary>
public sealed record GuidanceSettings
{
    /// <summary>The rule that combines conditional and unconditional predictions. Default <see cref="GuidanceKind.Apg"/>.</summary>
    [RequestField("The rule of guidance.", Deployment = "cfg_type", Option = "guidance")]
    public GuidanceKind Kind { get; init; } = GuidanceKind.Apg;

    /// <summary>Guidance scale, at least 0. Default 15; 0 and 1 switch guidance off, which halves the work.</summary>
    [RequestField(
        "Guidance scale; 0 and 1 switch guidance off.",
        Minimum = 0, Deployment = "guidance_scale", DeploymentMinimum = 1, DeploymentMaximum = 30, Option = "guidance-scale")]
    public double Scale { get; init; } = 15;

    /// <summary>Guidance scale of the text. Default 0 (off). Above 1 together with <see cref="LyricScale"/>: double-condition guidance, whatever the kind.</summary>
    [RequestField(
        "Guidance scale of the text, for double condition; 0: off.",
        Minimum = 0, Deployment = "guidance_scale_text", DeploymentMaximum = 30, Option = "guidance-scale-text")]
    public double TextScale { get; init; }

    /// <summary>Guidance scale of the lyrics. Default 0 (off). Above 1 together with <see cref="TextScale"/>: double-condition guidance, whatever the kind.</summary>
    [RequestField(
        "Guidance scale of the lyrics, for double condition; 0: off.",
        Minimum = 0, Deployment = "guidance_scale_lyric", DeploymentMaximum = 30, Option = "guidance-scale-lyric")]
    public double LyricScale { get; init; }

    /// <summary>The share of the steps, around the middle, that is guided: 0 to 1. Default 0.5.</summary>
    [ShareField("The share of the steps, around the middle, that is guided.", Option = "guidance-interval")]
    public double Interval { get; init; } = 0.5;

    /// <summary>How far the scale falls towards <see cref="MinScale"/> by the end of the interval: 0 (the default, constant) to 1.</summary>
    [ShareField("How far the scale falls within the interval.", Option = "guidance-decay")]
    public double IntervalDecay { get; init; }

    /// <summary>The scale that a full decay ends at. Default 3.</summary>
    [RequestField("The scale that a full decay ends at.", Minimum = 0, Option = "min-guidance-scale")]
    public double MinScale { get; init; } = 3;

    /// <summary>Entropy-rectifying guidance for tags: the unconditional text is the weakened prompt. Default true; has an effect only together with <see cref="ErgLyric"/>.</summary>
    [RequestField("Entropy-rectifying guidance for tags; with ErgLyric only.", Deployment = "use_erg_tag")]
    public bool ErgTag { get; init; } = true;

    /// <summary>Entropy-rectifying guidance for lyrics: the unconditional lyrics are the weakened lyrics. Default true.</summary>
    [RequestField("Entropy-rectifying guidance for lyrics.", Deployment = "use_erg_lyric")]
    public bool ErgLyric { get; init; } = true;

    /// <summary>Entropy-rectifying guidance for diffusion: the unconditional pass attends weakly in five blocks. Default true.</summary>
    [RequestField("Entropy-rectifying guidance for diffusion.", Deployment = "use_erg_diffusion")]
    public bool ErgDiffusion { get; init; } = true;

    /// <summary>Whether both scales ask for double-condition guidance.</summary>
    internal bool IsDoubleCondition => TextScale > 1 && LyricScale > 1;

    /// <summary>Whether the scale asks for any guidance.</summary>
    internal bool IsActive => Guider.IsOn(Scale);
}
