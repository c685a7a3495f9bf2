using System.CommandLine;
using AceStep.Cli.Checkpoints;
using AceStep.Cli.Libraries;
using AceStep.Cli.Options;
using AceStep.Cli.Terminal;
using AceStep.Server;

namespace AceStep.Cli.Serve;

/// <summary>The model of a process that serves or works.</summary>
internal static class ServedModel
{
    /// <summary>Refuses LoRAs of the process' own.</summary>
    public static void RequireNoLoras(ModelOptions model, ParseResult result)
    {
        if (model.Loras(result).Count > 0 || model.UsesStoredAlpha(result))
        {
            throw new UsageException("Each client of the server names its own LoRA: --lora-dir and --allow-lora say which ones; --lora and --lora-stored-alpha are for the other commands.");
        }
    }

    /// <summary>Sets the checkpoint and how it is loaded, says which one it is, and sees to libtorch.</summary>
    public static async Task ChooseAsync(ModelOptions model, ParseResult result, AceStepServerOptions options, Screen screen, CancellationToken cancellationToken)
    {
        CheckpointChoice checkpoint = CheckpointChoice.Find(model.Checkpoint(result));
        options.Checkpoint = checkpoint.Path;
        options.Pipeline = model.PipelineOptions(result) with { DownloadProgress = DownloadView.Lines(screen) };
        screen.Line(checkpoint.Description);
        await LibtorchSupply.EnsureAsync(screen, options.Pipeline.Download, cancellationToken);
    }
}
