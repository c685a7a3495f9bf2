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

    /// <summary>latents + (<paramref name="nextLevel"/> - <paramref name="level"/>) * derivative, all in float32; the change spread by omega where there is one.</summary>
    internal static Tensor Move(Tensor latents, Tensor derivative, float level, float nextLevel, OmegaShift? omega)
    {
        Tensor change = derivative.Times(nextLevel - level);
        return latents.Plus(omega?.Apply(change) ?? change);
    }

    /// <summary>One evaluation further; both tensors are float32 and live as long as this call.</summary>
    private protected abstract Tensor Advance(int evaluation, Tensor latents, Tensor prediction);

    /// <summary>Disposes what is kept between evaluations, if anything is.</summary>
    private protected virtual void Forget()
    {
    }
}

/// <summary>
/// A plain Euler step, without omega: what the repaint, extend and edit tasks take, whatever the scheduler. They step by
/// <see cref="Schedule.NoiseLevel"/>, not by <see cref="Schedule.Sigmas"/>, as the original does: the two can differ in the
/// last bit.
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
        Tensor next = Stepper.Move(latents.to(float32), derivative.to(float32), level, nextLevel, omega: null);
        return next.to(derivative.dtype).MoveToOuterDisposeScope();
    }
}

/// <summary>First order: along the prediction to the next noise level.</summary>
internal sealed class EulerStepper(Schedule schedule, OmegaShift omega) : Stepper(schedule)
{
    private protected override Tensor Advance(int evaluation, Tensor latents, Tensor prediction) =>
        Move(latents, prediction, Schedule.Sigmas[evaluation], Schedule.Sigmas[evaluation + 1], omega);
}

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

    private Tensor Move(Tensor start, Tensor derivative, int predictor) =>
        Move(start, derivative, Schedule.Sigmas[predictor], Schedule.Sigmas[predictor + 1], omega);

    private protected override void Forget()
    {
        _start?.Dispose();
        _derivative?.Dispose();
        _start = null;
        _derivative = null;
    }
}

/// <summary>Removes all noise at once, then adds new noise at the next level.</summary>
internal sealed class PingPongStepper(Schedule schedule, Generator generator, NoiseLayout layout) : Stepper(schedule)
{
    private protected override Tensor Advance(int evaluation, Tensor latents, Tensor prediction)
    {
        float next = Schedule.Sigmas[evaluation + 1];
        Tensor denoised = latents - prediction.Times(Schedule.Sigmas[evaluation]);

        // Drawn in the last step too, where its weight is 0, so that later draws from the generator give the original's numbers.
        Tensor noise = Noise.DrawBatch(generator, latents.shape, layout).to(latents.device);
        return denoised.Times(1 - next).Plus(noise.Times(next));
    }
}

/// <summary>
/// Scales a step's change about its mean. Omega is squeezed into a weight between 0.9 and 1.1: 0 leaves the change as it
/// is, more spreads it.
/// </summary>
internal readonly struct OmegaShift
{
    private const double Lowest = 0.9;
    private const double Highest = 1.1;
    private const double Steepness = 0.1;

    private readonly double _weight;

    public OmegaShift(double omega)
    {
        if (!double.IsFinite(omega))
        {
            throw new ArgumentOutOfRangeException(nameof(omega), omega, "omega must be a finite number.");
        }

        _weight = Lowest + (Highest - Lowest) / (1 + Math.Exp(-Steepness * omega));
    }

    /// <summary>(change - mean) * weight + mean. The mean is the whole batch's, so that items touch each other: the original does so.</summary>
    public Tensor Apply(Tensor change)
    {
        using var scope = NewDisposeScope();
        Tensor mean = change.mean();
        return (change - mean).Times(_weight).Plus(mean).MoveToOuterDisposeScope();
    }
}
