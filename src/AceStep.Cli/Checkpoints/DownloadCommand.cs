using System.CommandLine;
using AceStep.Cli.Options;
using AceStep.Cli.Terminal;

namespace AceStep.Cli.Checkpoints;

/// <summary><c>acestep download NAME</c>: downloads a checkpoint, a LoRA, the lyric vocabulary or the Japanese dictionary.</summary>
internal sealed class DownloadCommand : CliCommand
{
    private readonly Argument<string> _name = new("NAME")
    {
        Description = "A name on the hub (owner/name or owner/name@revision), the https address of a file, lyric-vocabulary, or unidic-lite (the Japanese dictionary).",
    };

    private readonly Option<string?> _to = new("--to") { Description = "A folder for the files in plain form. Default: Hugging Face's cache, where Python finds them too.", HelpName = "DIR" };

    public DownloadCommand()
        : base("download", "Download and verify a checkpoint, a LoRA, the lyric vocabulary or the Japanese dictionary. Continues an interrupted download.")
    {
        Add(_name);
        AddGroup(new PlaceGroup(_to));
        AddGroup(new ReportGroup());
    }

    public override IReadOnlyList<string> Examples =>
    [
        $"acestep download {ModelStore.ReleasedCheckpoint}",
        "acestep download ACE-Step/ACE-Step-v1-chinese-rap-LoRA --to loras/rap",
        "acestep download unidic-lite",
    ];

    protected override async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        string name = result.GetRequiredValue(_name);
        string path = await DownloadView.RunAsync(screen, progress => DownloadAsync(name, result.GetValue(_to), progress, cancellationToken));
        if (screen.IsJson)
        {
            screen.WriteJson(new { Name = name, Path = path });
        }
        else
        {
            screen.Line($"{name} is in {path}");
        }

        return ExitCodes.Success;
    }

    private static async Task<string> DownloadAsync(string name, string? folder, IProgress<DownloadProgress> progress, CancellationToken cancellationToken)
    {
        try
        {
            return await new ModelStore(DownloadMode.WhenNamed, progress).DownloadAsync(name, folder, cancellationToken);
        }
        catch (ArgumentException error)
        {
            throw new UsageException(Failures.WithoutParameter(error));
        }
    }

    private sealed class PlaceGroup : OptionGroup
    {
        public PlaceGroup(Option to)
            : base("Place") => Add(to);
    }
}
