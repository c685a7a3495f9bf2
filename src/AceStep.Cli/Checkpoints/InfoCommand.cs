using System.CommandLine;
using AceStep.Cli.Libraries;
using AceStep.Cli.Options;
using AceStep.Cli.Terminal;

namespace AceStep.Cli.Checkpoints;

/// <summary><c>acestep info CHECKPOINT</c>: shows what is in a checkpoint and what is missing.</summary>
internal sealed class InfoCommand : CliCommand
{
    private readonly Argument<string?> _checkpoint = new("CHECKPOINT")
    {
        Description = "A folder in the released layout, ComfyUI's single file, or the hub name of a model in the cache. Default: the one that 'generate' would use.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public InfoCommand()
        : base("info", "Show what is in a checkpoint: parts, types, sizes, and what is missing. Reads no weights.")
    {
        Add(_checkpoint);
        AddGroup(new ReportGroup());
    }

    public override IReadOnlyList<string> Examples => ["acestep info models/ACE-Step-v1-3.5B", "acestep info ace_step_v1_3.5b.safetensors --json"];

    protected override async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        CheckpointChoice choice = await CheckpointChoice.Find(result.GetValue(_checkpoint)).FindCachedAsync(cancellationToken);
        await LibtorchSupply.EnsureAsync(screen, DownloadMode.WhenMissing, cancellationToken);
        CheckpointInfo info = CheckpointInfo.Read(choice.Path);
        if (screen.IsJson)
        {
            screen.WriteJson(info);
        }
        else
        {
            Show(screen, choice, info);
        }

        return info.IsUsable ? ExitCodes.Success : ExitCodes.Failure;
    }

    private static void Show(Screen screen, CheckpointChoice choice, CheckpointInfo info)
    {
        screen.Line(choice.Description);
        if (choice.DescribeFound(info.Path) is { } found)
        {
            screen.Line(found);
        }

        screen.Line(info.IsSingleFile ? "Form: ComfyUI's single file" : "Form: folder in the released layout");
        TextTable table = new("Part", "Size", "Tensors", "Parameters", "Types", "Sizes");
        foreach (CheckpointPart part in info.Parts)
        {
            table.Add(part.Name, Amounts.Bytes(part.Bytes), Count(part.Tensors), Count(part.Parameters), string.Join(", ", part.Types), part.Problem is null ? part.Sizes : "see below");
        }

        table.Add("all", Amounts.Bytes(info.Bytes), "", Count(info.Parameters), "", "");
        screen.Table(table);
        foreach (CheckpointPart part in info.Parts.Where(part => part.Problem is not null))
        {
            Screen.Warn($"{part.Name}: {part.Problem} ({part.File})");
        }

        screen.Line(info.IsUsable ? "It can be loaded." : $"It cannot be loaded. {CheckpointInfo.WhereToGet}");
    }

    private static string Count(long value) => value == 0 ? "" : $"{value:#,0}";
}
