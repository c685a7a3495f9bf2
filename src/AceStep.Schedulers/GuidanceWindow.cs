namespace AceStep.Schedulers;

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
