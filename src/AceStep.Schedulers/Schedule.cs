using System.Collections.Immutable;

namespace AceStep.Schedulers;

/// <summary>
/// The noise levels that a generation passes through: a pure table, computed on the host before the first step.
/// </summary>
/// <remarks>
/// <para>
/// Evaluation <c>i</c> of the model (<c>0 &lt;= i &lt; <see cref="Evaluations"/></c>) sees <c>Timesteps[i]</c> and leads from
/// <c>Sigmas[i]</c> to <c>Sigmas[i + 1]</c>; the last sigma is 0. Heun evaluates the model twice a step, so each of its
/// timesteps but the first stands there twice.
/// </para>
/// <para>
/// The schedule is shifted twice, as in the original: once in the table of training timesteps, from which only the two
/// ends are kept, and once more over the points between them. Where the original rounds to float32, so does this.
/// </para>
/// <para>Immutable, so safe to share between threads.</para>
/// </remarks>
public sealed class Schedule
{
    /// <summary>The most steps that a schedule may have.</summary>
    public const int MaximumSteps = 1_000_000;

    private const int TrainingTimesteps = 1000;
    private const int Shift = 3;

    private Schedule(SchedulerKind kind, float sigmaMax, float sigmaMin, ImmutableArray<float> timesteps, ImmutableArray<float> sigmas)
    {
        Kind = kind;
        Steps = sigmas.Length - 1;
        SigmaMax = sigmaMax;
        SigmaMin = sigmaMin;
        Timesteps = kind == SchedulerKind.Heun ? TwiceButFirst(timesteps) : timesteps;
        Sigmas = kind == SchedulerKind.Heun ? [.. TwiceButFirst(sigmas[..^1]), sigmas[^1]] : sigmas;
    }

    /// <summary>The scheduler that this table is for.</summary>
    public SchedulerKind Kind { get; }

    /// <summary>The number of steps; what the guidance interval is counted in, for Heun too.</summary>
    public int Steps { get; }

    /// <summary>The number of evaluations of the model: <c>2 * Steps - 1</c> for Heun, else <c>Steps</c>.</summary>
    public int Evaluations => Timesteps.Length;

    /// <summary>The timestep that the model is told at each evaluation, 0 to 1000.</summary>
    public ImmutableArray<float> Timesteps { get; }

    /// <summary>The noise level before each evaluation, and a 0 at the end: one more than <see cref="Timesteps"/>.</summary>
    public ImmutableArray<float> Sigmas { get; }

    /// <summary>The largest level of the table of training timesteps: shifted once, where <c>Sigmas[0]</c> is shifted twice.</summary>
    public float SigmaMax { get; }

    /// <summary>The smallest level of the table of training timesteps, shifted once.</summary>
    public float SigmaMin { get; }

    /// <summary>Computes a schedule.</summary>
    /// <param name="kind">The scheduler.</param>
    /// <param name="steps">
    /// The number of steps, 1 to <see cref="MaximumSteps"/>. Not read where <paramref name="ownSteps"/> has any.
    /// </param>
    /// <param name="sigmaMax">
    /// The noise level to start from, before it is shifted: above 0, at most 1 (pure noise). 1 - strength for audio to audio.
    /// </param>
    /// <param name="ownSteps">
    /// A subset of the steps to take instead: indices from 1, in rising order, into a schedule of as many steps as the
    /// last of them says. Null or empty: all steps. Heun has no such subsets.
    /// </param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of its range.</exception>
    /// <exception cref="ArgumentException">Own steps do not rise, or are given for Heun.</exception>
    public static Schedule Create(SchedulerKind kind, int steps, double sigmaMax = 1.0, IReadOnlyList<int>? ownSteps = null)
    {
        if (!Enum.IsDefined(kind))
        {
            throw new ArgumentOutOfRangeException(nameof(kind), kind, $"The scheduler must be one of {string.Join(", ", Enum.GetNames<SchedulerKind>())}.");
        }

        // Written so that NaN fails too.
        if (!(sigmaMax > 0 && sigmaMax <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(sigmaMax), sigmaMax, "sigmaMax must be above 0 and at most 1.");
        }

        if (ownSteps is { Count: > 0 })
        {
            CheckOwnSteps(kind, ownSteps);
            return CreateOwn(kind, sigmaMax, ownSteps);
        }

        CheckSteps(steps, nameof(steps));
        return CreateEven(kind, steps, sigmaMax);
    }

    /// <summary>
    /// The share of noise in the latents before an evaluation: its timestep / 1000, and 0 after the last. The repaint and
    /// edit tasks mix and step by this; it can differ from <see cref="Sigmas"/> in the last bit.
    /// </summary>
    /// <param name="evaluation">0 to <see cref="Evaluations"/>, both included.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such evaluation.</exception>
    public float NoiseLevel(int evaluation)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(evaluation);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(evaluation, Evaluations);
        return evaluation < Evaluations ? Timesteps[evaluation] / TrainingTimesteps : 0;
    }

    private static Schedule CreateEven(SchedulerKind kind, int steps, double sigmaMax)
    {
        float largest = TrainingLevel(sigmaMax * TrainingTimesteps);
        float smallest = TrainingLevel(1);

        // numpy's linspace, in float64: the end is set, not computed.
        double start = (double)largest * TrainingTimesteps;
        double end = (double)smallest * TrainingTimesteps;
        double step = (end - start) / (steps - 1);
        float[] sigmas = new float[steps + 1];
        for (int i = 0; i < steps; i++)
        {
            double timestep = i == 0 ? start : i == steps - 1 ? end : i * step + start;
            double sigma = timestep / TrainingTimesteps;
            sigmas[i] = (float)(Shift * sigma / (1 + (Shift - 1) * sigma));
        }

        return FromSigmas(kind, largest, smallest, sigmas);
    }

    private static Schedule CreateOwn(SchedulerKind kind, double sigmaMax, IReadOnlyList<int> ownSteps)
    {
        Schedule whole = CreateEven(kind, ownSteps[^1], sigmaMax);
        float[] sigmas = new float[ownSteps.Count + 1];
        for (int i = 0; i < ownSteps.Count; i++)
        {
            sigmas[i] = Shifted(whole.NoiseLevel(ownSteps[i] - 1));
        }

        return FromSigmas(kind, whole.SigmaMax, whole.SigmaMin, sigmas);
    }

    private static Schedule FromSigmas(SchedulerKind kind, float largest, float smallest, float[] sigmas)
        => new(kind, largest, smallest, [.. sigmas.SkipLast(1).Select(sigma => sigma * TrainingTimesteps)], [.. sigmas]);

    private static float TrainingLevel(double timestep) => Shifted((float)timestep / TrainingTimesteps);

    private static float Shifted(float sigma) => Shift * sigma / (1 + (Shift - 1) * sigma);

    private static ImmutableArray<float> TwiceButFirst(ImmutableArray<float> values)
        => [values[0], .. values.Skip(1).SelectMany(value => new[] { value, value })];

    private static void CheckSteps(int steps, string name)
    {
        if (steps is < 1 or > MaximumSteps)
        {
            throw new ArgumentOutOfRangeException(name, steps, $"The number of steps must be between 1 and {MaximumSteps}.");
        }
    }

    private static void CheckOwnSteps(SchedulerKind kind, IReadOnlyList<int> ownSteps)
    {
        if (kind == SchedulerKind.Heun)
        {
            throw new ArgumentException("The heun scheduler has no own steps; use euler or pingpong, or leave them out.", nameof(ownSteps));
        }

        for (int i = 0; i < ownSteps.Count; i++)
        {
            CheckSteps(ownSteps[i], nameof(ownSteps));
            if (i > 0 && ownSteps[i] <= ownSteps[i - 1])
            {
                throw new ArgumentException($"Own steps must rise; {ownSteps[i]} follows {ownSteps[i - 1]}.", nameof(ownSteps));
            }
        }
    }
}

/// <summary>How the latents are carried from one noise level to the next.</summary>
public enum SchedulerKind
{
    /// <summary>First order: one evaluation of the model a step.</summary>
    Euler,

    /// <summary>Second order: two evaluations a step, one for the last.</summary>
    Heun,

    /// <summary>One evaluation a step; each step removes all noise and adds new noise at the next level.</summary>
    PingPong,
}
