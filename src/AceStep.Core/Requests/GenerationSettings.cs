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
