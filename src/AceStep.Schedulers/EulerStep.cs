using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Schedulers;

/// <summary>
/// A plain Euler step, without omega: what the repaint, extend and edit tasks take, whatever the scheduler.
/// </summary>
public static class EulerStep
{
    /// <summary>latents + (<paramref name="nextLevel"/> - <paramref name="level"/>) * derivative, in float32.</summary>
    /// <param name="latents">The latents at <paramref name="level"/>.</param>
    /// <param name="derivative">The prediction, or a difference of predictions; the same shape.</param>
    /// <param name="level">The noise level now: <see cref="Schedule.NoiseLevel"/> of the evaluation.</param>
    /// <param name="nextLevel">The noise level to reach: that of the next evaluation.</param>
    /// <returns>The latents in the derivative's type; they belong to the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor Apply(Tensor latents, Tensor derivative, float level, float nextLevel)
    {
        Shapes.RequireEqual(latents, derivative);
        using var scope = NewDisposeScope();
        Tensor next = latents.to(float32).Plus(derivative.to(float32).Times(nextLevel - level));
        return next.to(derivative.dtype).MoveToOuterDisposeScope();
    }
}
