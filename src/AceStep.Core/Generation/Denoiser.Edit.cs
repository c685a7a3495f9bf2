using AceStep.Schedulers;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Generation;

/// <summary>Style transfer (FlowEdit): the source is moved by the difference between the target's and its own velocity.</summary>
internal sealed partial class Denoiser
{
    /// <summary>Style transfer of the source's latents, [1, 8, 16, F].</summary>
    public Tensor TransferStyle(EncoderRows sourceRows, EncoderRows targetRows, StyleTransferRequest request, Tensor source)
    {
        // Plain Euler over euler's timesteps, with heun too; pingpong's own steps follow from To on.
        SchedulerKind kind = request.Generation.Scheduler == SchedulerKind.PingPong ? SchedulerKind.PingPong : SchedulerKind.Euler;
        Schedule schedule = Schedule.Create(kind, request.Generation.Steps);
        int first = (int)(schedule.Steps * request.From);
        int last = (int)(schedule.Steps * request.To);
        int frames = (int)source.size(3);
        Tensor original = Repeat(source);

        using GuidedModel sourceModel = CreateModel(sourceRows, request, schedule, frames);
        using GuidedModel targetModel = CreateModel(targetRows, request, schedule, frames);
        sourceModel.Momentum = new MomentumBuffer();
        using var stepper = Stepper.Create(schedule, omega: 0, noise.Variation[0], SourceLayout);
        StageProgress stage = Begin(
        [
            .. Enumerable.Range(0, schedule.Evaluations).Skip(first)
                .Select(evaluation => (double)targetModel.Passes(evaluation) * (evaluation < last ? 2 * request.Average : 1)),
        ]);

        Tensor edit = original.clone();
        for (int evaluation = first; evaluation < last; evaluation++)
        {
            float level = schedule.NoiseLevel(evaluation);
            edit = Evaluate(edit, stage, sample =>
            {
                Tensor difference = zeros_like(sample);
                for (int draw = 0; draw < request.Average; draw++)
                {
                    Tensor onSource = Noise.Mix(original, noise.DrawVariation(frames, dtype), level);
                    Tensor onTarget = sample.Plus(onSource) - original;
                    Tensor sourceVelocity = sourceModel.Predict(evaluation, onSource);
                    Tensor targetVelocity = targetModel.Predict(evaluation, onTarget);
                    difference.AddInPlace(targetVelocity.sub_(sourceVelocity), 1.0 / request.Average);
                }

                return EulerStep.Apply(sample, difference, level, schedule.NoiseLevel(evaluation + 1));
            });
        }

        if (last >= schedule.Evaluations)
        {
            return edit;
        }

        // From here on the target goes its own way, with a momentum of its own: the first phase has none (as in the original).
        targetModel.Momentum = new MomentumBuffer();
        Tensor start = Noise.Mix(original, noise.DrawVariation(frames, dtype), schedule.NoiseLevel(last));
        Tensor target = edit.Plus(start) - original;
        for (int evaluation = last; evaluation < schedule.Evaluations; evaluation++)
        {
            target = Evaluate(target, stage, sample =>
            {
                Tensor velocity = targetModel.Predict(evaluation, sample);
                return kind == SchedulerKind.PingPong
                    ? stepper.Step(evaluation, sample, velocity)
                    : EulerStep.Apply(sample, velocity, schedule.NoiseLevel(evaluation), schedule.NoiseLevel(evaluation + 1));
            });
        }

        return target;
    }

    /// <summary>APG without ERG, on all steps.</summary>
    private GuidedModel CreateModel(EncoderRows rows, StyleTransferRequest request, Schedule schedule, int frames) =>
        new(transformer, rows, schedule, noise.BatchSize, frames, new GuidanceSettings { Scale = request.GuidanceScale }, new GuidanceWindow(schedule.Steps, 1));
}
