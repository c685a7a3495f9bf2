using AceStep.Models;
using AceStep.Schedulers;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Generation;

/// <summary>
/// What the tasks' denoising is made of: the loop over a whole schedule, and the one that holds a part of the latents. Each
/// is a sequence of evaluations; each evaluation has one dispose scope, reads nothing back to the host, and reports progress.
/// </summary>
/// <param name="transformer">The transformer; must outlive this.</param>
/// <param name="conditions">What was encoded, one for each of the task's <see cref="MusicRequest.Words"/>.</param>
/// <param name="source">The source's latents, [1, 8, 16, F]; null where there is none.</param>
/// <param name="noise">The generation's random numbers.</param>
/// <param name="watch">Remembers whether each evaluation gave finite numbers; its owner asks it where the result is not finite.</param>
/// <param name="progress">Where progress goes; null for nowhere.</param>
/// <param name="cancellationToken">Looked at before and after each evaluation.</param>
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

    /// <summary>What was encoded, one for each of the task's <see cref="MusicRequest.Words"/>.</summary>
    public IReadOnlyList<EncoderRows> Conditions => conditions;

    /// <summary>The generation's random numbers.</summary>
    public NoiseGenerators Noise => noise;

    /// <summary>The source's latents for each song: [B, 8, 16, F], a view. Only for tasks that have a source.</summary>
    public Tensor SourceOfEach => source!.expand(noise.BatchSize, -1, -1, -1);

    /// <summary>The source's latent frames. Only for tasks that have a source.</summary>
    public int SourceFrames => (int)source!.size(3);

    /// <summary>Runs the whole of the request's own schedule.</summary>
    /// <param name="request">Guidance and settings.</param>
    /// <param name="latents">Where it starts, [B, 8, 16, F]; this disposes of them.</param>
    /// <param name="layout">The order in memory in which pingpong draws.</param>
    public Tensor Run(GuidedMusicRequest request, Tensor latents, NoiseLayout layout) => Run(request, ScheduleOf(request), latents, layout);

    /// <summary>Runs the whole of a schedule with its own steps; as <see cref="Run(GuidedMusicRequest, Tensor, NoiseLayout)"/> otherwise.</summary>
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

    /// <summary>Starts the stage of one or more passes of <see cref="RunHeld"/>.</summary>
    public StageProgress BeginHeld(GuidedMusicRequest request, double strength, int passes)
    {
        Schedule schedule = ScheduleOf(request);
        int first = FirstOfHeld(request, schedule, strength);
        GuidanceWindow window = new(schedule.Steps, request.Guidance.Interval);
        double[] work = [.. Enumerable.Range(first, schedule.Evaluations - first).Select(evaluation => (double)conditions[0].Passes(window, evaluation))];
        return Begin([.. Enumerable.Repeat(work, passes).SelectMany(pass => pass)]);
    }

    /// <summary>
    /// Makes a part of the latents anew and holds the rest on the source's own path, where it is put back after each step.
    /// Plain Euler whatever the scheduler, without omega.
    /// </summary>
    /// <param name="request">Guidance and settings.</param>
    /// <param name="strength">How much of the schedule is run, counted from its end.</param>
    /// <param name="held">The source, x0: [B, 8, 16, F].</param>
    /// <param name="start">The noise, z0: [B, 8, 16, F].</param>
    /// <param name="isNew">[1, 1, 1, F], true where latents are made anew.</param>
    /// <param name="stage">What <see cref="BeginHeld"/> started.</param>
    public Tensor RunHeld(GuidedMusicRequest request, double strength, Tensor held, Tensor start, Tensor isNew, StageProgress stage)
    {
        Schedule schedule = ScheduleOf(request);
        int first = FirstOfHeld(request, schedule, strength);
        if (first == schedule.Evaluations)
        {
            // The original skips every step here too, and decodes noise.
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
                return where(isNew, next, nextLevel == 0 ? held : Schedulers.Noise.Mix(held, start, nextLevel));
            });
        }

        return latents;
    }

    /// <summary>The source's own latents for each song, after a stage without evaluations.</summary>
    public Tensor KeepSource()
    {
        Begin([]);
        return SourceOfEach.clone();
    }

    /// <summary>[1, 1, 1, frames], true from start to end.</summary>
    public Tensor Mark(int frames, int start, int end)
    {
        bool[] isMarked = new bool[frames];
        isMarked.AsSpan(start..end).Fill(true);
        return tensor(isMarked, [1, 1, 1, frames], device: noise.Device);
    }

    /// <summary>The transformer under one of the conditions, for a schedule.</summary>
    public GuidedModel CreateModel(EncoderRows rows, GuidanceSettings guidance, Schedule schedule, int frames) =>
        new(transformer, rows, schedule, noise.BatchSize, frames, guidance, new GuidanceWindow(schedule.Steps, guidance.Interval));

    /// <summary>Starts the stage, which a task does once: a unit for each evaluation, weighed by its work.</summary>
    public StageProgress Begin(double[] work) => new(progress, MusicStage.Denoising, work.Length, cancellationToken, work) { Watch = watch };

    /// <summary>One evaluation in its own dispose scope: the sample is replaced by what the step makes of it.</summary>
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

    /// <summary>The first evaluation; as many as there are where none is run. Counted in steps although heun has nearly twice as many evaluations, as in the original.</summary>
    private static int FirstOfHeld(MusicRequest request, Schedule schedule, double strength) =>
        strength == 0 ? schedule.Evaluations : Math.Min(schedule.Evaluations, (int)(request.Generation.Steps * (1 - strength)));

    private static Schedule ScheduleOf(MusicRequest request) =>
        Schedule.Create(request.Generation.Scheduler, request.Generation.Steps, ownSteps: request.Generation.OwnSteps);
}
