using static TorchSharp.torch;

namespace AceStep.Schedulers;

/// <summary>Removes all noise at once, then adds new noise at the next level.</summary>
internal sealed class PingPongStepper(Schedule schedule, Generator generator, NoiseLayout layout) : Stepper(schedule)
{
    private protected override Tensor Advance(int evaluation, Tensor latents, Tensor prediction)
    {
        float next = Schedule.Sigmas[evaluation + 1];
        Tensor denoised = latents - prediction.Times(Schedule.Sigmas[evaluation]);

        // Drawn in the last step too, where it weighs nothing: whoever draws next from the generator gets the same numbers as in the original.
        Tensor noise = Noise.DrawBatch(generator, latents.shape, layout);
        return denoised.Times(1 - next).Plus(noise.Times(next));
    }
}
