using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Schedulers;

/// <summary>
/// Second order: even evaluations predict by an Euler step, odd ones go back to its start and take it with the mean of
/// the derivatives at both ends. The last step, to noise level 0, is a prediction alone.
/// </summary>
internal sealed class HeunStepper(Schedule schedule, OmegaShift omega) : Stepper(schedule)
{
    private Tensor? _start;
    private Tensor? _derivative;

    private protected override Tensor Advance(int evaluation, Tensor latents, Tensor prediction)
    {
        // The original goes by way of the denoised latents; taking the prediction itself gives other bits.
        float sigma = Schedule.Sigmas[evaluation];
        Tensor derivative = (latents - (latents - prediction.Times(sigma))).Over(sigma);
        return evaluation % 2 == 0
            ? Predict(evaluation, latents, derivative)
            : Correct(evaluation, derivative);
    }

    private Tensor Predict(int evaluation, Tensor latents, Tensor derivative)
    {
        Forget();
        _start = latents.alias().DetachFromDisposeScope();
        _derivative = derivative.alias().DetachFromDisposeScope();
        return Move(latents, derivative, evaluation);
    }

    private Tensor Correct(int evaluation, Tensor derivative)
    {
        if (_start is null || _derivative is null)
        {
            throw new InvalidOperationException(
                $"Evaluation {evaluation} corrects the step that evaluation {evaluation - 1} predicts, which was not taken.");
        }

        Tensor next = Move(_start, _derivative.Plus(derivative).Times(0.5), evaluation - 1);
        Forget();
        return next;
    }

    private Tensor Move(Tensor start, Tensor derivative, int predictor)
        => start.Plus(omega.Apply(derivative.Times(Schedule.Sigmas[predictor + 1] - Schedule.Sigmas[predictor])));

    private protected override void Forget()
    {
        _start?.Dispose();
        _derivative?.Dispose();
        _start = null;
        _derivative = null;
    }
}
