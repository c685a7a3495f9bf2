using AceStep.Cli.Options;
using AceStep.Cli.Terminal;

namespace AceStep.Cli.Checkpoints;

/// <summary>What a command line names, turned into places on disk before anything is loaded.</summary>
/// <param name="Checkpoint">The checkpoint.</param>
/// <param name="Loras">The LoRAs, in their order.</param>
/// <param name="Options">How the pipeline is to compute, with what it may fetch later.</param>
internal sealed record ModelNames(CheckpointChoice Checkpoint, IReadOnlyList<LoraChoice> Loras, MusicPipelineOptions Options)
{
    /// <summary>Finds everything, fetching what is named and in no cache.</summary>
    /// <exception cref="FileNotFoundException">There is no LoRA of a name.</exception>
    /// <exception cref="DownloadException">Something is not to be had.</exception>
    public Task<ModelNames> FindAsync(Screen screen, CancellationToken cancellationToken)
    {
        ModelStore caches = new(DownloadMode.Never);
        foreach (LoraChoice lora in Loras.Where(lora => !File.Exists(lora.Path) && !Directory.Exists(lora.Path) && !IsRemote(caches, lora.Path)))
        {
            throw new FileNotFoundException($"There is no LoRA at {lora.Path}. One on the hub is named owner/name.", lora.Path);
        }

        _ = IsRemote(caches, Checkpoint.Path);
        return DownloadView.RunAsync(screen, progress => FindAsync(screen, new ModelStore(Options.Download, progress), cancellationToken));
    }

    /// <summary>What cannot be an address is a matter of the command line.</summary>
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
            loras.Add(lora with { Path = await store.GetLoraAsync(lora.Path, cancellationToken) });
        }

        bool isNamed = store.IsRemote(Checkpoint.Path);
        CheckpointChoice checkpoint = isNamed ? Checkpoint with { Path = await store.GetCheckpointAsync(Checkpoint.Path, cancellationToken), Named = Checkpoint.Path } : Checkpoint;
        DownloadMode mode = isNamed && Options.Download == DownloadMode.WhenNamed ? DownloadMode.WhenMissing : Options.Download;
        return this with { Checkpoint = checkpoint, Loras = loras, Options = Options with { Download = mode, DownloadProgress = DownloadView.Lines(screen) } };
    }
}
