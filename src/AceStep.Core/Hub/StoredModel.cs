namespace AceStep;

/// <summary>What something in a cache is.</summary>
public enum StoredModelKind
{
    /// <summary>A checkpoint of this model: the released layout, or ComfyUI's single file.</summary>
    Checkpoint,

    /// <summary>A LoRA.</summary>
    Lora,

    /// <summary>The lyric vocabulary.</summary>
    LyricVocabulary,

    /// <summary>The Japanese dictionary.</summary>
    JapaneseDictionary,

    /// <summary>A model of another kind, or a part that says nothing of itself yet.</summary>
    Other,
}

/// <summary>Something in a cache. Immutable.</summary>
public sealed record StoredModel
{
    /// <summary>The name by which it is used.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public required StoredModelKind Kind { get; init; }

    /// <summary>The folder that it takes, all revisions together.</summary>
    public required string Folder { get; init; }

    /// <summary>The commits that are there; none for what is no repository of the hub.</summary>
    public IReadOnlyList<string> Commits { get; init; } = [];

    /// <summary>The bytes of its complete files.</summary>
    public long Bytes { get; init; }

    /// <summary>The bytes of downloads that have not ended.</summary>
    public long IncompleteBytes { get; init; }

    /// <summary>Whether everything is there that using it needs.</summary>
    public bool IsComplete { get; init; }
}
