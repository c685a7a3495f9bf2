using AceStep.Models;
using AceStep.Schedulers;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Generation;

/// <summary>
/// The two denoising loops that tasks use: one over a whole schedule (<see cref="Run(GuidedMusicRequest, Tensor,
/// NoiseLayout)"/>), and one that keeps a part of the latents (<see cref="RunHeld"/>). Each evaluation of the model has one
/// dispose scope, reads nothing back to the host, and reports progress.
/// </summary>
/// <param name="transformer">The transformer; must outlive this.</param>
/// <param name="conditions">The encoded prompts and lyrics, one for each of the task's <see cref="MusicRequest.Words"/>.</param>
/// <param name="source">The source's latents, [1, 8, 16, F]; null if there is no source.</param>
/// <param name="noise">The generation's random numbers.</param>
/// <param name="watch">Records whether each evaluation gave finite numbers, for the error message if the result is not finite.</param>
/// <param name="progress">Receives progress; may be null.</param>
/// <param name="cancellationToken">Checked before and after each evaluation.</param>
internal sealed class Denoiser(
    AceStepTransformer transformer,
    IReadOnlyList<EncoderRows> conditions,
    Tensor? source,
    NoiseGenerators noise,
    StepWatch watch,
    IProgress<MusicProgress>? progress,
    CancellationToken cancellationToken)
{
    /// <summary>The order in memory of latents that came out of the codec, on which pingpong's noise depends.</summary>
    public const NoiseLayout SourceLayout = NoiseLayout.ChannelsLast;

    /// <summary>The encoded prompts and lyrics, one for each of the task's <see cref="MusicRequest.Words"/>.</summary>
    public IReadOnlyList<EncoderRows> Conditions => conditions;

    /// <summary>The generation's random numbers.</summary>
    public NoiseGenerators Noise => noise;

    /// <summary>The source's latents for each song: [B, 8, 16, F], a view. Only for tasks that have a source.</summary>
    public Tensor SourceOfEach => source!.expand(noise.BatchSize, -1, -1, -1);

    /// <summary>The source's latent frames. Only for tasks that have a source.</summary>
    public int SourceFrames => (int)source!.size(3);

    /// <summary>Runs the whole of the request's own schedule.</summary>
    /// <param name="request">Guidance and settings.</param>
    /// <param name="latents">The latents to start from, [B, 8, 16, F]; disposed of here.</param>
    /// <param name="layout">The order in memory in which pingpong draws.</param>
    public Tensor Run(GuidedMusicRequest request, Tensor latents, NoiseLayout layout) => Run(request, ScheduleOf(request), latents, layout);

    /// <summary>As <see cref="Run(GuidedMusicRequest, Tensor, NoiseLayout)"/>, for a schedule other than the request's own.</summary>
    public Tensor Run(GuidedMusicRequest request, Schedule schedule, Tensor latents, NoiseLayout layout)
    {
        using GuidedModel model = CreateModel(conditions[0], request.Guidance, schedule, (int)latents.size(3));
        model.Momentum = new MomentumBuffer();
        using var stepper = Stepper.Create(schedule, request.Generation.OmegaScale, noise.Base[0], layout);
        StageProgress stage = Begin([.. Enumerable.Range(0, schedule.Evaluations).Select(evaluation => (double)model.Passes(evaluation))]);
        for (int evaluation = 0; evaluation < schedule.Evaluations; evaluation++)
        {
            latents = Evaluate(latents, stage, sample => stepper.Step(evaluation, sample, model.Predict(evaluation, sample)));
        }

        return latents;
    }

    /// <summary>Starts the progress of one or more passes of <see cref="RunHeld"/>.</summary>
    public StageProgress BeginHeld(GuidedMusicRequest request, double strength, int passes)
    {
        Schedule schedule = ScheduleOf(request);
        int first = FirstOfHeld(request, schedule, strength);
        GuidanceWindow window = new(schedule.Steps, request.Guidance.Interval);
        double[] work = [.. Enumerable.Range(first, schedule.Evaluations - first).Select(evaluation => (double)conditions[0].Passes(window, evaluation))];
        return Begin([.. Enumerable.Repeat(work, passes).SelectMany(pass => pass)]);
    }

    /// <summary>
    /// Generates a part of the latents anew and keeps the rest: after each step the kept part is set to the mix of source
    /// and noise that belongs to the step. Uses plain Euler steps, whatever the request's scheduler, without omega.
    /// </summary>
    /// <param name="request">Guidance and settings.</param>
    /// <param name="strength">How much of the schedule is run, counted from its end.</param>
    /// <param name="held">The source, x0: [B, 8, 16, F].</param>
    /// <param name="start">The noise, z0: [B, 8, 16, F].</param>
    /// <param name="heldFrames">The frames that are kept; all others are generated.</param>
    /// <param name="stage">What <see cref="BeginHeld"/> started.</param>
    public Tensor RunHeld(GuidedMusicRequest request, double strength, Tensor held, Tensor start, FrameRange[] heldFrames, StageProgress stage)
    {
        Schedule schedule = ScheduleOf(request);
        int first = FirstOfHeld(request, schedule, strength);
        if (first == schedule.Evaluations)
        {
            // The original runs no step here either, and decodes noise.
            return held.clone();
        }

        using GuidedModel model = CreateModel(conditions[0], request.Guidance, schedule, (int)held.size(3));
        model.Momentum = new MomentumBuffer();
        Tensor latents = held.Plus(Schedulers.Noise.Mix(held, start, schedule.NoiseLevel(first))).sub_(held);
        for (int evaluation = first; evaluation < schedule.Evaluations; evaluation++)
        {
            float level = schedule.NoiseLevel(evaluation);
            float nextLevel = schedule.NoiseLevel(evaluation + 1);
            latents = Evaluate(latents, stage, sample =>
            {
                Tensor next = EulerStep.Apply(sample, model.Predict(evaluation, sample), level, nextLevel);
                Put(nextLevel == 0 ? held : Schedulers.Noise.Mix(held, start, nextLevel), next, heldFrames);
                return next;
            });
        }

        return latents;
    }

    /// <summary>The source's own latents for each song, for a request that runs no step.</summary>
    public Tensor KeepSource()
    {
        Begin([]);
        return SourceOfEach.clone();
    }

    /// <summary>Copies frames of one tensor to their places in another of the same shape.</summary>
    public static void Put(Tensor source, Tensor destination, params ReadOnlySpan<FrameRange> frames)
    {
        foreach (FrameRange range in frames)
        {
            using Tensor from = range.Of(source);
            using Tensor to = range.Of(destination);
            to.copy_(from);
        }
    }

    /// <summary>The transformer with one of the conditions, for the evaluations of a schedule.</summary>
    public GuidedModel CreateModel(EncoderRows rows, GuidanceSettings guidance, Schedule schedule, int frames) =>
        new(transformer, rows, schedule, noise.BatchSize, frames, guidance, new GuidanceWindow(schedule.Steps, guidance.Interval));

    /// <summary>Starts the denoising stage's progress, once per task: one unit for each evaluation, weighted by its work.</summary>
    public StageProgress Begin(double[] work) => new(progress, MusicStage.Denoising, work.Length, cancellationToken, work) { Watch = watch };

    /// <summary>Runs one evaluation in its own dispose scope: replaces the latents by the step's result.</summary>
    public static Tensor Evaluate(Tensor latents, StageProgress stage, Func<Tensor, Tensor> step)
    {
        Tensor next;
        using (NewDisposeScope())
        {
            next = step(latents).MoveToOuterDisposeScope();
        }

        latents.Dispose();
        stage.Watch?.Mark(next);
        stage.Advance();
        return next;
    }

    /// <summary>The index of the first evaluation to run; the number of evaluations if none is run. Counted in steps although heun has nearly twice as many evaluations, as in the original.</summary>
    private static int FirstOfHeld(MusicRequest request, Schedule schedule, double strength) =>
        strength == 0 ? schedule.Evaluations : Math.Min(schedule.Evaluations, (int)(request.Generation.Steps * (1 - strength)));

    private static Schedule ScheduleOf(MusicRequest request) =>
        Schedule.Create(request.Generation.Scheduler, request.Generation.Steps, ownSteps: request.Generation.OwnSteps);
}
