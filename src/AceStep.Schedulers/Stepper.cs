using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Schedulers;

/// <summary>Carries latents along a <see cref="Schedule"/>, one evaluation of the model at a time.</summary>
/// <remarks>
/// Belongs to one generation and one thread. Heun keeps two tensors between its evaluations, which
/// <see cref="Dispose"/> gives back; the others keep none. Nothing is read back from the device.
/// </remarks>
public abstract class Stepper : IDisposable
{
    private protected Stepper(Schedule schedule)
    {
        Schedule = schedule;
    }

    /// <summary>The table that is stepped along.</summary>
    public Schedule Schedule { get; }

    /// <summary>Makes the stepper that a schedule is for.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="omega">How far each change is spread about its mean: 0 as it is; any finite number. Pingpong does not read it.</param>
    /// <param name="noise">Where pingpong draws its noise from, one draw a step for the whole batch; not disposed. The others do not read it.</param>
    /// <param name="noiseLayout">The order in memory in which pingpong draws.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="omega"/> is not finite.</exception>
    /// <exception cref="ArgumentNullException">There is no schedule, or no generator for pingpong.</exception>
    public static Stepper Create(
        Schedule schedule,
        double omega = 10,
        Generator? noise = null,
        NoiseLayout noiseLayout = NoiseLayout.Contiguous)
    {
        ArgumentNullException.ThrowIfNull(schedule);
        switch (schedule.Kind)
        {
            case SchedulerKind.Heun:
                return new HeunStepper(schedule, new OmegaShift(omega));
            case SchedulerKind.PingPong:
                ArgumentNullException.ThrowIfNull(noise);
                return new PingPongStepper(schedule, noise, noiseLayout);
            default:
                return new EulerStepper(schedule, new OmegaShift(omega));
        }
    }

    /// <summary>Takes the latents one evaluation further, in float32.</summary>
    /// <param name="evaluation">The index of the evaluation, from 0; heun needs them in order.</param>
    /// <param name="latents">The latents that the model saw, [B, C, H, W].</param>
    /// <param name="prediction">What the model predicted for them, guided; the same shape.</param>
    /// <returns>The latents of the next evaluation in the prediction's type; they belong to the caller's dispose scope.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The schedule has no such evaluation.</exception>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    /// <exception cref="InvalidOperationException">Heun is asked to correct a step that it did not predict.</exception>
    public Tensor Step(int evaluation, Tensor latents, Tensor prediction)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(evaluation);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(evaluation, Schedule.Evaluations);
        Shapes.RequireEqual(latents, prediction);
        using var scope = NewDisposeScope();
        Tensor next = Advance(evaluation, latents.to(float32), prediction.to(float32));
        return next.to(prediction.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Gives back what is kept between evaluations.</summary>
    public void Dispose()
    {
        Forget();
        GC.SuppressFinalize(this);
    }

    /// <summary>One evaluation further; both tensors are float32 and live as long as this call.</summary>
    private protected abstract Tensor Advance(int evaluation, Tensor latents, Tensor prediction);

    /// <summary>Disposes what is kept between evaluations, if anything is.</summary>
    private protected virtual void Forget()
    {
    }
}
