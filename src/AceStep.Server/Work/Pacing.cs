namespace AceStep.Server.Work;

/// <summary>How long predictions take here, learnt from those that have ended.</summary>
internal sealed class Pacing
{
    private const double Memory = 0.7;

    private readonly Lock _lock = new();
    private double? _secondsPerCost;

    /// <summary>Notes how long a prediction took.</summary>
    public void Learn(double cost, TimeSpan taken)
    {
        if (cost <= 0)
        {
            return;
        }

        lock (_lock)
        {
            double pace = taken.TotalSeconds / cost;
            _secondsPerCost = _secondsPerCost is { } known ? (Memory * known) + ((1 - Memory) * pace) : pace;
        }
    }

    /// <summary>Seconds for an amount of work; null before anything has ended.</summary>
    public double? Estimate(double cost)
    {
        lock (_lock)
        {
            return _secondsPerCost * cost;
        }
    }
}
