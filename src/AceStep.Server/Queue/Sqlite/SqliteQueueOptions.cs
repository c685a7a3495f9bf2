namespace AceStep.Server.Queue.Sqlite;

/// <summary>How the queue of one machine behaves.</summary>
internal sealed record SqliteQueueOptions
{
    /// <summary>How long a worker keeps a job without a heartbeat.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often a worker's lease is renewed.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>So many deaths of its worker make a job fail.</summary>
    public int MaxDeaths { get; init; } = 3;

    /// <summary>At most so many jobs wait.</summary>
    public int MaxQueued { get; init; } = 1000;
}
