using AceStep.Checkpoints;

namespace AceStep;

/// <summary>What is in a checkpoint, known from its headers and configs without reading any weights. Immutable.</summary>
public sealed record CheckpointInfo
{
    /// <summary>The folder or file; below the folder that was named where that holds one checkpoint.</summary>
    public required string Path { get; init; }

    /// <summary>Whether it is ComfyUI's single file; else a folder in the released layout.</summary>
    public required bool IsSingleFile { get; init; }

    /// <summary>Its parts; those that are missing, too.</summary>
    public required IReadOnlyList<CheckpointPart> Parts { get; init; }

    /// <summary>Whether a pipeline can be loaded from it: nothing that is required is missing or broken.</summary>
    public bool IsUsable => Parts.All(part => part.Problem is null || !part.IsRequired);

    /// <summary>The bytes of all parts.</summary>
    public long Bytes => Parts.Sum(part => part.Bytes);

    /// <summary>The parameters of all parts.</summary>
    public long Parameters => Parts.Sum(part => part.Parameters);

    /// <summary>Where the released checkpoint comes from: its name, size and licence, in one sentence.</summary>
    public static string WhereToGet => MusicCheckpoint.WhereToGet;

    /// <summary>Looks at a checkpoint. What is wrong with a part is said there, not thrown.</summary>
    /// <param name="path">The folder, ComfyUI's single file, or a folder that holds exactly one of them, such as a hub's cache.</param>
    /// <param name="options">Where configs and the lyric vocabulary are, if not in their usual places.</param>
    /// <exception cref="DirectoryNotFoundException">There is nothing at <paramref name="path"/>.</exception>
    /// <exception cref="FileNotFoundException">The folder holds no checkpoint, or several; says what it holds.</exception>
    /// <exception cref="Models.CheckpointFormatException">A single file is malformed, or something else; says what it is.</exception>
    public static CheckpointInfo Read(string path, MusicPipelineOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new MusicPipelineOptions();
        path = CheckpointFinder.Find(path);
        bool isSingleFile = File.Exists(path);
        return new CheckpointInfo
        {
            Path = path,
            IsSingleFile = isSingleFile,
            Parts = isSingleFile ? CheckpointInspection.OfFile(path, options) : CheckpointInspection.OfFolder(path, options),
        };
    }
}

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
