using static TorchSharp.torch;

namespace AceStep.Schedulers;

/// <summary>First order: along the prediction to the next noise level.</summary>
internal sealed class EulerStepper(Schedule schedule, OmegaShift omega) : Stepper(schedule)
{
    private protected override Tensor Advance(int evaluation, Tensor latents, Tensor prediction)
    {
        Tensor change = prediction.Times(Schedule.Sigmas[evaluation + 1] - Schedule.Sigmas[evaluation]);
        return latents.Plus(omega.Apply(change));
    }
}
