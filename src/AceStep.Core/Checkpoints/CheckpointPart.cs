namespace AceStep;

/// <summary>One part of a checkpoint, as its files say. Immutable.</summary>
public sealed record CheckpointPart
{
    /// <summary>What it is: "transformer", "text encoder", ...</summary>
    public required string Name { get; init; }

    /// <summary>Its file, whether it exists or not.</summary>
    public required string File { get; init; }

    /// <summary>The bytes that its tensors or its file take; 0 where it is missing or unreadable.</summary>
    public long Bytes { get; init; }

    /// <summary>The number of its tensors; 0 for parts that are no network.</summary>
    public int Tensors { get; init; }

    /// <summary>The number of its parameters, unused ones included.</summary>
    public long Parameters { get; init; }

    /// <summary>The types that its tensors are stored in: "bfloat16", "float32".</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Its sizes in words: "24 blocks, 2560 wide"; empty where they could not be read.</summary>
    public string Sizes { get; init; } = "";

    /// <summary>Whether a pipeline needs it to load. The lyric vocabulary is needed by lyrics only.</summary>
    public bool IsRequired { get; init; } = true;

    /// <summary>What keeps it from working: missing, malformed, or not fitting its config; null where it is whole.</summary>
    public string? Problem { get; init; }
}
