using AceStep.Schedulers;

namespace AceStep;

/// <summary>How a request is computed, whatever its task. Immutable.</summary>
public sealed record GenerationSettings
{
    /// <summary>Denoising steps, at least 1. Default 60; 27 is usually as good. Heun computes twice as many passes less one.</summary>
    public int Steps { get; init; } = 60;

    /// <summary>The scheduler. Default <see cref="SchedulerKind.Euler"/>.</summary>
    public SchedulerKind Scheduler { get; init; } = SchedulerKind.Euler;

    /// <summary>Granularity scale: how far each step is stretched around its mean. Default 10; unused by pingpong, inpainting, continuation and style transfer.</summary>
    public double OmegaScale { get; init; } = 10;

    /// <summary>
    /// Own step subset: the 1-based steps, out of as many as the largest names, that are computed. Empty (the default)
    /// computes <see cref="Steps"/> steps. Text to music and variations only; not with heun.
    /// </summary>
    public IReadOnlyList<int> OwnSteps { get; init; } = [];

    /// <summary>Songs generated at once, at least 1. Default 1.</summary>
    public int BatchSize { get; init; } = 1;

    /// <summary>The songs' sample rate in Hz: 48000 (the default; resampled as the original does) or 44100 (as the model makes it).</summary>
    public int SampleRate { get; init; } = 48000;
}
