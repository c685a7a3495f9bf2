using AceStep.Checkpoints;

namespace AceStep;

/// <summary>What is in a checkpoint, known from its headers and configs without reading any weights. Immutable.</summary>
public sealed record CheckpointInfo
{
    /// <summary>The folder or file. It may lie below the folder that was asked for.</summary>
    public required string Path { get; init; }

    /// <summary>True for ComfyUI's single file, false for a folder in the released layout.</summary>
    public required bool IsSingleFile { get; init; }

    /// <summary>Its parts, including missing ones.</summary>
    public required IReadOnlyList<CheckpointPart> Parts { get; init; }

    /// <summary>Whether a pipeline can be loaded from it: nothing that is required is missing or broken.</summary>
    public bool IsUsable => Parts.All(part => part.Problem is null || !part.IsRequired);

    /// <summary>The bytes of all parts.</summary>
    public long Bytes => Parts.Sum(part => part.Bytes);

    /// <summary>The parameters of all parts.</summary>
    public long Parameters => Parts.Sum(part => part.Parameters);

    /// <summary>Where the released checkpoint comes from: its name, size and licence, in one sentence.</summary>
    public static string WhereToGet => MusicCheckpoint.WhereToGet;

    /// <summary>Looks at a checkpoint. A problem with a part is reported in <see cref="CheckpointPart.Problem"/>, not thrown.</summary>
    /// <param name="path">The folder, ComfyUI's single file, or a folder that holds exactly one of them, such as a hub's cache.</param>
    /// <param name="options">Paths of the configs and the lyric vocabulary, if they are not in their usual places.</param>
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

    /// <summary>The size of its tensors or its file; 0 if it is missing or unreadable.</summary>
    public long Bytes { get; init; }

    /// <summary>The number of its tensors; 0 for a part that is not a network.</summary>
    public int Tensors { get; init; }

    /// <summary>The number of its parameters, unused ones included.</summary>
    public long Parameters { get; init; }

    /// <summary>The data types of its tensors: "bfloat16", "float32".</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Its sizes in words: "24 blocks, 2560 wide"; empty if they could not be read.</summary>
    public string Sizes { get; init; } = "";

    /// <summary>Whether a pipeline needs it to load. The lyric vocabulary is needed by lyrics only.</summary>
    public bool IsRequired { get; init; } = true;

    /// <summary>Why it cannot be used: it is missing, malformed, or does not fit its config. Null if it is complete.</summary>
    public string? Problem { get; init; }
}
