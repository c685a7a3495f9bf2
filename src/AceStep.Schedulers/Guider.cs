using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Schedulers;

/// <summary>Combines the predictions of several conditions into the one to follow: arithmetic that knows no model.</summary>
/// <remarks>
/// Predictions are [B, C, H, W] and of equal shape. Results have their type and belong to the caller's dispose scope;
/// arguments are left as they are. Stateless but for the buffer that APG is given. Nothing is read back from the device.
/// </remarks>
public static class Guider
{
    private const double NormThreshold = 2.5;
    private const double SmallestNorm = 1e-12;
    private const double SmallestSquare = 1e-8;
    private const int ZeroSteps = 1;

    private static readonly long[] Plane = [-1, -2];

    /// <summary>Whether a guidance scale changes anything: 0 and 1 mean the conditional prediction alone.</summary>
    /// <param name="scale">The guidance scale.</param>
    public static bool IsOn(double scale) => scale is not (0 or 1);

    /// <summary>Classifier-free guidance: from the unconditional prediction through the conditional one.</summary>
    /// <param name="conditional">The prediction for the request.</param>
    /// <param name="unconditional">The prediction for the null condition.</param>
    /// <param name="scale">How far: 0 gives the unconditional prediction, 1 the conditional one.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor Cfg(Tensor conditional, Tensor unconditional, double scale)
    {
        Shapes.RequireEqual(conditional, unconditional);
        using var scope = NewDisposeScope();
        return unconditional.Plus((conditional - unconditional).Times(scale)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// CFG-Zero*: the unconditional prediction is first scaled, per item, to lie as near the conditional one as it can;
    /// at the very first evaluations the result is zero.
    /// </summary>
    /// <param name="conditional">The prediction for the request.</param>
    /// <param name="unconditional">The prediction for the null condition.</param>
    /// <param name="scale">The guidance scale.</param>
    /// <param name="evaluation">
    /// The index of the evaluation, counted from the schedule's first and not from the guidance window's: zero at 0 and 1,
    /// so only where the window begins there.
    /// </param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor CfgStar(Tensor conditional, Tensor unconditional, double scale, int evaluation)
    {
        Shapes.RequireEqual(conditional, unconditional);
        if (evaluation <= ZeroSteps)
        {
            return zeros_like(conditional);
        }

        using var scope = NewDisposeScope();
        long batch = conditional.size(0);
        Tensor positive = conditional.reshape(batch, -1); // [B, C * H * W]
        Tensor negative = unconditional.reshape(batch, -1);
        Tensor product = (positive * negative).sum([1], keepdim: true);
        Tensor square = negative.Squared().sum([1], keepdim: true).Plus(SmallestSquare);
        Tensor nearest = unconditional * (product / square).reshape(batch, 1, 1, 1);
        return nearest.Plus((conditional - nearest).Times(scale)).MoveToOuterDisposeScope();
    }

    /// <summary>Guidance by text and lyrics apart: (1 - text) * unconditional + (text - lyric) * textOnly + lyric * conditional.</summary>
    /// <param name="conditional">The prediction for text and lyrics.</param>
    /// <param name="unconditional">The prediction for the null condition.</param>
    /// <param name="textOnly">The prediction for the text alone.</param>
    /// <param name="textScale">The scale of the text, above 1.</param>
    /// <param name="lyricScale">The scale of the lyrics, above 1.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor DoubleCondition(Tensor conditional, Tensor unconditional, Tensor textOnly, double textScale, double lyricScale)
    {
        Shapes.RequireEqual(conditional, unconditional);
        Shapes.RequireEqual(conditional, textOnly);
        using var scope = NewDisposeScope();
        return unconditional.Times(1 - textScale)
            .Plus(textOnly.Times(textScale - lyricScale))
            .Plus(conditional.Times(lyricScale))
            .MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Adaptive projected guidance: the difference of the predictions, with negative momentum, bounded in length and
    /// stripped of its part along the conditional prediction, is added to that prediction.
    /// </summary>
    /// <param name="conditional">The prediction for the request.</param>
    /// <param name="unconditional">The prediction for the null condition.</param>
    /// <param name="scale">The guidance scale; 1 gives the conditional prediction.</param>
    /// <param name="momentum">What the earlier guided steps left; updated. Null: no momentum.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public static Tensor Apg(Tensor conditional, Tensor unconditional, double scale, MomentumBuffer? momentum = null)
    {
        Shapes.RequireEqual(conditional, unconditional);
        using var scope = NewDisposeScope();
        Tensor difference = conditional - unconditional;
        if (momentum is not null)
        {
            difference = momentum.Update(difference);
        }

        // Lengths and products are those of each item's and channel's plane, [B, C, 1, 1].
        Tensor shrink = Length(difference).reciprocal().Times(NormThreshold).AtMost(1);
        Tensor across = Reject(difference * shrink, conditional);
        return conditional.Plus(across.Times(scale - 1)).MoveToOuterDisposeScope();
    }

    /// <summary>The part of a vector across a direction, both taken in float64.</summary>
    private static Tensor Reject(Tensor vector, Tensor direction)
    {
        Tensor v = vector.to(float64);
        Tensor d = direction.to(float64);
        Tensor unit = d / Length(d).AtLeast(SmallestNorm);
        Tensor along = (v * unit).sum(Plane, keepdim: true) * unit;
        return (v - along).to(vector.dtype);
    }

    private static Tensor Length(Tensor vector) => vector.Squared().sum(Plane, keepdim: true).sqrt();
}

/// <summary>How the conditional and the unconditional prediction are combined.</summary>
public enum GuidanceKind
{
    /// <summary>Adaptive projected guidance: <see cref="Guider.Apg"/>.</summary>
    Apg,

    /// <summary>Classifier-free guidance: <see cref="Guider.Cfg"/>.</summary>
    Cfg,

    /// <summary>Classifier-free guidance with an optimised scale and zero initialisation: <see cref="Guider.CfgStar"/>.</summary>
    CfgStar,
}

/// <summary>
/// What adaptive projected guidance remembers between steps: m = d - 0.75 m over the differences d that it saw, from m = 0.
/// </summary>
/// <remarks>Belongs to one sequence of guided predictions, on one thread. Holds one tensor, which <see cref="Dispose"/> gives back.</remarks>
public sealed class MomentumBuffer : IDisposable
{
    private const double Momentum = -0.75;

    private Tensor? _average;

    /// <summary>Takes a difference in and returns the average, which stays the buffer's.</summary>
    internal Tensor Update(Tensor difference)
    {
        using var scope = NewDisposeScope();
        Tensor next = _average is null ? difference.alias() : difference.Plus(_average.Times(Momentum));
        _average?.Dispose();
        _average = next.DetachFromDisposeScope();
        return _average;
    }

    /// <summary>Forgets what was seen and gives its memory back.</summary>
    public void Dispose()
    {
        _average?.Dispose();
        _average = null;
    }
}

/// <summary>The middle part of a generation in which predictions are guided; elsewhere the conditional one is taken as it is.</summary>
public readonly record struct GuidanceWindow
{
    /// <summary>Lays the window over a number of steps.</summary>
    /// <param name="steps">The number of steps, at least 1: <see cref="Schedule.Steps"/>. For heun, too, that of its steps, not of its evaluations.</param>
    /// <param name="interval">The share of the steps that the window covers, about their middle: 0 (none) to 1 (all).</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of its range.</exception>
    public GuidanceWindow(int steps, double interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);

        // Written so that NaN fails too.
        if (!(interval >= 0 && interval <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(interval), interval, "The guidance interval must be between 0 and 1.");
        }

        Start = (int)(steps * ((1 - interval) / 2));
        End = (int)(steps * (interval / 2 + 0.5));
    }

    /// <summary>The first guided index.</summary>
    public int Start { get; }

    /// <summary>The first index after <see cref="Start"/> that is not guided.</summary>
    public int End { get; }

    /// <summary>Whether an evaluation is guided. Evaluations are counted from the schedule's first, for heun too, as in the original.</summary>
    /// <param name="evaluation">The index of the evaluation.</param>
    public bool Contains(int evaluation) => evaluation >= Start && evaluation < End;

    /// <summary>
    /// The guidance scale of an evaluation: it falls linearly over the window, from <paramref name="guidanceScale"/> by
    /// <paramref name="decay"/> times its distance to <paramref name="minimumScale"/>.
    /// </summary>
    /// <param name="evaluation">The index of the evaluation, inside the window.</param>
    /// <param name="guidanceScale">The scale at the window's start.</param>
    /// <param name="decay">0: the scale stays. 1: it reaches <paramref name="minimumScale"/> at the window's last evaluation.</param>
    /// <param name="minimumScale">The scale that a decay of 1 ends at.</param>
    /// <exception cref="ArgumentOutOfRangeException">The evaluation is outside the window.</exception>
    public double Scale(int evaluation, double guidanceScale, double decay, double minimumScale)
    {
        if (!Contains(evaluation))
        {
            throw new ArgumentOutOfRangeException(nameof(evaluation), evaluation, $"The guidance window holds the evaluations from {Start} to before {End}.");
        }

        if (decay <= 0)
        {
            return guidanceScale;
        }

        // The original divides by zero in a window of one step.
        int last = End - Start - 1;
        double progress = last == 0 ? 0 : (double)(evaluation - Start) / last;
        return guidanceScale - (guidanceScale - minimumScale) * progress * decay;
    }
}
