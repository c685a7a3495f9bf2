namespace AceStep.Server.Queue;

/// <summary>A worker as it announces itself. Immutable.</summary>
public sealed record WorkerDescription
{
    /// <summary>Its name, unlike that of any other worker.</summary>
    public required string Name { get; init; }

    /// <summary>The checkpoint that it has loaded; null where it does not say.</summary>
    public string? Checkpoint { get; init; }

    /// <summary>Where it computes: "cpu", "cuda:0"; null where it does not say.</summary>
    public string? Device { get; init; }

    /// <summary>The LoRAs that it has in memory, by the names that clients use.</summary>
    public IReadOnlyList<string> Loras { get; init; } = [];

    /// <summary>Bytes of the host's memory that it may still take; null where it does not say.</summary>
    public long? FreeBytes { get; init; }
}

/// <summary>What a worker does. Immutable.</summary>
/// <param name="Worker">Who it is.</param>
/// <param name="Prediction">The prediction that it runs; null where it waits for one.</param>
/// <param name="Seen">When it was last heard of.</param>
public sealed record WorkerState(WorkerDescription Worker, string? Prediction, DateTimeOffset Seen);
