using AceStep.Cli.Options;
using AceStep.Cli.Terminal;
using AceStep.Hub;
using AceStep.Loras;

namespace AceStep.Cli.Checkpoints;

/// <summary>The models that a command line names. They are turned into paths on disk before anything is loaded.</summary>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="Loras">The LoRAs, in the order given.</param>
/// <param name="Options">The pipeline's options, including what it may download later.</param>
internal sealed record ModelNames(CheckpointChoice Checkpoint, IReadOnlyList<LoraChoice> Loras, MusicPipelineOptions Options)
{
    /// <summary>Finds all models, and downloads those that are in no cache.</summary>
    /// <exception cref="FileNotFoundException">A LoRA does not exist.</exception>
    /// <exception cref="DownloadException">A model cannot be downloaded.</exception>
    public Task<ModelNames> FindAsync(Screen screen, CancellationToken cancellationToken)
    {
        ModelStore caches = new(DownloadMode.Never);
        foreach (LoraChoice lora in Loras.Where(lora => !File.Exists(lora.Path) && !Directory.Exists(lora.Path) && !IsRemote(caches, lora.Path)))
        {
            throw new FileNotFoundException($"There is no LoRA at {lora.Path}. To use one from the hub, give its name as owner/name.", lora.Path);
        }

        _ = IsRemote(caches, Checkpoint.Path);
        return DownloadView.RunAsync(screen, progress => FindAsync(screen, new ModelStore(Options.Download, progress), cancellationToken));
    }

    /// <summary>Whether a name is not a path; a malformed address is an error of the command line.</summary>
    private static bool IsRemote(ModelStore store, string name)
    {
        try
        {
            return store.IsRemote(name);
        }
        catch (ArgumentException error)
        {
            throw new UsageException(Failures.WithoutParameter(error));
        }
    }

    private async Task<ModelNames> FindAsync(Screen screen, ModelStore store, CancellationToken cancellationToken)
    {
        List<LoraChoice> loras = [];
        foreach (LoraChoice lora in Loras)
        {
            string path = await store.GetLoraAsync(lora.Path, cancellationToken);

            // Checked now, before the checkpoint is downloaded and loaded.
            LoraFile.Require(path);
            loras.Add(lora with { Path = path });
        }

        bool isNamed = store.IsRemote(Checkpoint.Path);
        CheckpointChoice checkpoint = isNamed ? Checkpoint with { Path = await store.GetCheckpointAsync(Checkpoint.Path, cancellationToken), Named = Checkpoint.Path } : Checkpoint;
        DownloadMode mode = isNamed && Options.Download == DownloadMode.WhenNamed ? DownloadMode.WhenMissing : Options.Download;
        return this with { Checkpoint = checkpoint, Loras = loras, Options = Options with { Download = mode, DownloadProgress = DownloadView.Lines(screen) } };
    }
}

/// <summary>The checkpoint that a run uses: the one given on the command line or by the environment, or the small one that comes with the program.</summary>
/// <param name="Path">The folder or file. Before the checkpoint has been found: its name.</param>
/// <param name="IsDemonstration">Whether it is the small demonstration checkpoint that comes with the program, not the released model.</param>
internal sealed record CheckpointChoice(string Path, bool IsDemonstration)
{
    /// <summary>The environment variable for the checkpoint.</summary>
    public const string EnvironmentVariable = "ACESTEP_CHECKPOINT";

    /// <summary>The name on the hub or the address by which it was given; null if it was given by its path.</summary>
    public string? Named { get; init; }

    /// <summary>The name for the songs' tags: the released model's name if that is certain, or else the folder's or file's name.</summary>
    public string Name => IsDemonstration
        ? "AceStep demonstration checkpoint (nano)"
        : Named is not null ? Named
        : System.IO.Path.GetFileNameWithoutExtension(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(Path)));

    /// <summary>A sentence for the user about which checkpoint is used.</summary>
    public string Description => IsDemonstration
        ? $"""
          Checkpoint: the small demonstration checkpoint that comes with the program ({Path}).
          It is not the released ACE-Step model: 14 MB, trained on synthesised music, simple tunes only.
          The released one is 8.3 GB and is downloaded once: --checkpoint {ModelStore.ReleasedCheckpoint} (or {EnvironmentVariable}).
          """
        : Named is null ? $"Checkpoint: {Path}" : $"Checkpoint: {Named} ({Path})";

    /// <summary>
    /// A line for the user about where the checkpoint is, if the path that was given is a folder above it: a repository in
    /// Hugging Face's cache may have several snapshots. Null if it is the path itself.
    /// </summary>
    /// <param name="found">The folder or file of the checkpoint that was opened.</param>
    public string? DescribeFound(string found)
    {
        if (IsSame(found, Path))
        {
            return null;
        }

        return HubCache.SnapshotOf(found) is { } snapshot
            ? $"Snapshot: {snapshot.Commit} ({(snapshot.IsMain ? "branch main" : "the only one with a checkpoint")}) in {snapshot.Repository}"
            : $"Found in: {found}";
    }

    /// <summary>Finds the checkpoint of a run.</summary>
    /// <param name="named">The checkpoint given on the command line; null if none is.</param>
    /// <exception cref="DirectoryNotFoundException">No checkpoint is given, and the program's own is missing.</exception>
    public static CheckpointChoice Find(string? named)
    {
        if (named is { Length: 0 })
        {
            throw new UsageException("--checkpoint must name a folder or file; it is empty.");
        }

        if ((named ?? Environment.GetEnvironmentVariable(EnvironmentVariable)) is { Length: > 0 } path)
        {
            return new CheckpointChoice(path, IsSame(path, DemoCheckpoint.Folder));
        }

        return Directory.Exists(DemoCheckpoint.Folder)
            ? new CheckpointChoice(DemoCheckpoint.Folder, IsDemonstration: true)
            : throw new DirectoryNotFoundException($"No checkpoint is given, and the demonstration checkpoint is missing from {DemoCheckpoint.Folder}. {CheckpointInfo.WhereToGet} Give its folder with --checkpoint or {EnvironmentVariable}.");
    }

    /// <summary>Finds the path on this machine of a checkpoint that is given by a name on the hub, without downloads.</summary>
    /// <exception cref="DownloadException">It is in no cache.</exception>
    public async Task<CheckpointChoice> FindCachedAsync(CancellationToken cancellationToken)
    {
        ModelStore store = new(DownloadMode.Never);
        return store.IsRemote(Path) ? this with { Path = await store.GetCheckpointAsync(Path, cancellationToken), Named = Path } : this;
    }

    private static bool IsSame(string one, string other) =>
        System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(one)) == System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(other));
}
