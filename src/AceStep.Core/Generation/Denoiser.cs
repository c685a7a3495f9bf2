using AceStep.Models;
using AceStep.Schedulers;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Generation;

/// <summary>
/// The denoising loops of one generation: conditions and noise in, latents out. Each loop is a sequence of evaluations;
/// each evaluation has one dispose scope, reads nothing back to the host, and reports progress.
/// </summary>
/// <param name="transformer">The transformer; must outlive this.</param>
/// <param name="noise">The generation's random numbers.</param>
/// <param name="dtype">The type that latents and noise are held in.</param>
/// <param name="progress">Where progress goes; null for nowhere.</param>
/// <param name="cancellationToken">Looked at before and after each evaluation.</param>
internal sealed partial class Denoiser(
    AceStepTransformer transformer,
    NoiseGenerators noise,
    ScalarType dtype,
    IProgress<MusicProgress>? progress,
    CancellationToken cancellationToken)
{
    /// <summary>The order in memory of latents that came out of the codec, on which pingpong's noise depends.</summary>
    private const NoiseLayout SourceLayout = NoiseLayout.ChannelsLast;

    /// <summary>Text to music: from base noise along the whole schedule.</summary>
    public Tensor Generate(EncoderRows rows, GuidedMusicRequest request, int frames)
    {
        Tensor latents = noise.DrawBase(frames, dtype);
        return Denoise(rows, request, ScheduleOf(request), latents, NoiseLayout.Contiguous);
    }

    /// <summary>Variation (retake): base noise turned towards the variation's noise, then as text to music.</summary>
    public Tensor Vary(EncoderRows rows, VariationRequest request, int frames)
    {
        Tensor latents = Noise.Vary(noise.DrawBase(frames, dtype), noise.DrawVariation(frames, dtype), request.Strength);
        return Denoise(rows, request, ScheduleOf(request), latents, NoiseLayout.Contiguous);
    }

    /// <summary>Audio to audio: the source with noise, from the middle of the schedule.</summary>
    /// <param name="rows">The conditions.</param>
    /// <param name="request">Guidance and settings.</param>
    /// <param name="source">The source's latents, [1, 8, 16, F].</param>
    /// <param name="strength">How much is made anew, 0 to 1.</param>
    public Tensor Restart(EncoderRows rows, GuidedMusicRequest request, Tensor source, double strength)
    {
        // As the original has it: 1 minus a reference strength that is itself 1 minus ours, so that the float64 rounding,
        // which decides the number of steps, is the same (1 - (1 - 0.2) is a hair below 0.2).
        double sigmaMax = 1 - (1 - strength);
        int steps = (int)(sigmaMax * request.Generation.Steps);
        if (steps == 0)
        {
            // The original decodes half-mixed noise here.
            return Unchanged(source);
        }

        Schedule schedule = Schedule.Create(request.Generation.Scheduler, steps, sigmaMax);
        Tensor latents = Noise.Mix(Repeat(source), noise.DrawBase((int)source.size(3), dtype), schedule.SigmaMax);
        return Denoise(rows, request, schedule, latents, SourceLayout);
    }

    /// <summary>Runs the whole of a schedule with its own steps.</summary>
    private Tensor Denoise(EncoderRows rows, GuidedMusicRequest request, Schedule schedule, Tensor latents, NoiseLayout layout)
    {
        using GuidedModel model = CreateModel(rows, request, schedule, (int)latents.size(3));
        using var stepper = Stepper.Create(schedule, request.Generation.OmegaScale, noise.Base[0], layout);
        StageProgress stage = Begin(model, 0, schedule.Evaluations);
        for (int evaluation = 0; evaluation < schedule.Evaluations; evaluation++)
        {
            latents = Evaluate(latents, stage, sample => stepper.Step(evaluation, sample, model.Predict(evaluation, sample)));
        }

        return latents;
    }

    /// <summary>One evaluation in its own dispose scope: the sample is replaced by what the step makes of it.</summary>
    private static Tensor Evaluate(Tensor latents, StageProgress stage, Func<Tensor, Tensor> step)
    {
        Tensor next;
        using (NewDisposeScope())
        {
            next = step(latents).MoveToOuterDisposeScope();
        }

        latents.Dispose();
        stage.Advance();
        return next;
    }

    private GuidedModel CreateModel(EncoderRows rows, GuidedMusicRequest request, Schedule schedule, int frames) =>
        new(transformer, rows, schedule, noise.BatchSize, frames, request.Guidance, new GuidanceWindow(schedule.Steps, request.Guidance.Interval))
        {
            Momentum = new MomentumBuffer(),
        };

    private static Schedule ScheduleOf(MusicRequest request) =>
        Schedule.Create(request.Generation.Scheduler, request.Generation.Steps, ownSteps: request.Generation.OwnSteps);

    /// <summary>Starts the stage for the evaluations from first to end, weighed by their passes.</summary>
    private StageProgress Begin(GuidedModel model, int first, int end) =>
        Begin([.. Enumerable.Range(first, Math.Max(0, end - first)).Select(evaluation => (double)model.Passes(evaluation))]);

    private StageProgress Begin(double[] work) => new(progress, MusicStage.Denoising, work.Length, cancellationToken, work);

    /// <summary>The source's own latents, one for each item, after a stage without evaluations.</summary>
    private Tensor Unchanged(Tensor source)
    {
        Begin([]);
        return Repeat(source).clone();
    }

    /// <summary>The source for each item: [B, 8, 16, F], a view.</summary>
    private Tensor Repeat(Tensor source) => source.expand(noise.BatchSize, -1, -1, -1);
}
