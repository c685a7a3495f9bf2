using AceStep.Generation;
using AceStep.Schedulers;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Benchmarks.Original;

/// <summary>The original's denoising loop of text to music: in each guided step one pass for the request and one for the null condition.</summary>
internal static class OriginalDenoising
{
    /// <summary>Latents [1, 8, 16, F] from the noise of a seed.</summary>
    /// <param name="transformer">The original's passes.</param>
    /// <param name="rows">The encoder's rows: the request's and the null condition's.</param>
    /// <param name="request">Steps, guidance and seed.</param>
    /// <param name="noise">Where the noise comes from.</param>
    /// <param name="frames">Latent frames.</param>
    public static Tensor Generate(OriginalTransformer transformer, EncoderRows rows, TextToMusicRequest request, NoiseGenerators noise, int frames)
    {
        Schedule schedule = Schedule.Create(request.Generation.Scheduler, request.Generation.Steps);
        GuidanceWindow window = new(schedule.Steps, request.Guidance.Interval);
        using MomentumBuffer momentum = new();
        using var stepper = Stepper.Create(schedule, request.Generation.OmegaScale);
        Tensor latents = noise.DrawBase(frames);
        for (int step = 0; step < schedule.Evaluations; step++)
        {
            using var scope = NewDisposeScope();
            Tensor timestep = tensor(new[] { schedule.Timesteps[step] }, device: noise.Device);
            Tensor velocity = Pass(0);
            if (window.Contains(step) && rows.WeakenedRows.Length > 1)
            {
                velocity = Guider.Apg(velocity, Pass(1), request.Guidance.Scale, momentum);
            }

            Tensor next = stepper.Step(step, latents, velocity).MoveToOuterDisposeScope();
            latents.Dispose();
            latents = next;

            Tensor Pass(int row) => transformer.Decode(latents, timestep, rows.HiddenStates.narrow(0, row, 1), rows.Mask.narrow(0, row, 1), rows.WeakenedRows[row]);
        }

        return latents;
    }
}
