using System.CommandLine;
using AceStep.Cli.Options;
using AceStep.Cli.Terminal;

namespace AceStep.Cli.Checkpoints;

/// <summary><c>acestep models</c>: lists what is in the caches, or removes something from them.</summary>
internal sealed class ModelsCommand : CliCommand
{
    private readonly Option<string?> _remove = new("--remove") { Description = "Remove the model with this name from the caches, with all its revisions; owner/name@revision removes only that revision.", HelpName = "NAME" };
    private readonly Option<bool> _all = new("--all") { Description = "Also show models of other kinds that share the cache." };

    /// <summary>The number of digits of a commit that Git and the hub's page show.</summary>
    private const int ShownDigits = 7;

    public ModelsCommand()
        : base("models", "List the models in the caches: checkpoints, LoRAs, the lyric vocabulary and the Japanese dictionary. Can also remove them.")
    {
        AddGroup(new ModelsGroup(_remove, _all));
        AddGroup(new ReportGroup());
    }

    public override IReadOnlyList<string> Examples => ["acestep models", $"acestep models --remove {ModelStore.ReleasedCheckpoint}", $"acestep models --remove {ModelStore.ReleasedCheckpoint}@main"];

    protected override Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        ModelStore store = new(DownloadMode.Never);
        if (result.GetValue(_remove) is { } name)
        {
            Remove(screen, store, name);
        }
        else
        {
            Show(screen, store, result.GetValue(_all));
        }

        return Task.FromResult(ExitCodes.Success);
    }

    private static void Remove(Screen screen, ModelStore store, string name)
    {
        (string repository, string? revision) = name.Split('@', 2) is [var before, var after] ? (before, after) : (name, null);
        StoredModel[] models = [.. store.List().Where(model => model.Name == repository)];
        if (models.Length == 0)
        {
            throw new UsageException($"{repository} is in no cache; 'acestep models --all' lists what is there.");
        }

        models = revision is null ? models : [.. models.Where(model => ModelStore.FindRevision(model, revision) is not null)];
        if (models.Length == 0)
        {
            throw new UsageException($"{name} is in no cache; 'acestep models --json' lists the revisions.");
        }

        long freed = models.Sum(model => revision is null ? store.Remove(model) : store.Remove(model, revision));
        if (screen.IsJson)
        {
            screen.WriteJson(new { Removed = models.Select(model => model.Folder), FreedBytes = freed });
            return;
        }

        foreach (StoredModel model in models)
        {
            screen.Line($"Removed {(revision is null ? "" : $"revision {revision} from ")}{model.Folder}");
        }

        screen.Line($"Freed {(freed == 0 ? "0 B" : Amounts.Bytes(freed))}.");
    }

    private static void Show(Screen screen, ModelStore store, bool showsAll)
    {
        IReadOnlyList<StoredModel> models = store.List();
        StoredModel[] shown = [.. models.Where(model => showsAll || model.Kind != StoredModelKind.Other)];
        if (screen.IsJson)
        {
            screen.WriteJson(new { Cache = store.CacheFolder, Models = shown.Select(model => new { model.Name, Kind = model.Kind.ToString(), model.Bytes, model.IncompleteBytes, model.IsComplete, model.Commits, model.Folder }) });
            return;
        }

        if (shown.Length > 0)
        {
            TextTable table = new("Name", "Kind", "Size", "State", "Folder");
            foreach (StoredModel model in shown)
            {
                table.Add(model.Name, KindText(model.Kind), Amounts.Bytes(model.Bytes), State(model), model.Folder);
            }

            screen.Table(table);
        }

        int others = models.Count - shown.Length;
        if (others > 0)
        {
            screen.Line($"{others} models of other kinds share the cache ({Amounts.Bytes(models.Except(shown).Sum(model => model.Bytes + model.IncompleteBytes))}); --all shows them.");
        }

        if (!shown.Any(model => model.Name == ModelStore.ReleasedCheckpoint && model.IsComplete))
        {
            screen.Line($"The released checkpoint is not on this machine; 'acestep download {ModelStore.ReleasedCheckpoint}' downloads it (8.3 GB) to {store.CacheFolder}.");
        }
    }

    private static string State(StoredModel model)
    {
        string state = Completeness(model);
        return model.Commits.Count < 2 ? state : $"{state}{(state.Length > 0 ? "; " : "")}{model.Commits.Count} revisions: {string.Join(", ", model.Commits.Select(commit => commit[..ShownDigits]))}";
    }

    private static string Completeness(StoredModel model) => model switch
    {
        { IsComplete: true, IncompleteBytes: 0 } => "complete",
        { IsComplete: true } => $"complete; {Amounts.Bytes(model.IncompleteBytes)} of another download",
        { IncompleteBytes: > 0 } => $"incomplete; {Amounts.Bytes(model.IncompleteBytes)} of the rest were downloaded",
        { Kind: StoredModelKind.Other } => "",
        _ => "incomplete",
    };

    private static string KindText(StoredModelKind kind) => kind switch
    {
        StoredModelKind.Checkpoint => "checkpoint",
        StoredModelKind.Lora => "LoRA",
        StoredModelKind.LyricVocabulary => "lyric vocabulary",
        StoredModelKind.JapaneseDictionary => "Japanese dictionary",
        _ => "other",
    };

    private sealed class ModelsGroup : OptionGroup
    {
        public ModelsGroup(params Option[] options)
            : base("Models")
        {
            foreach (Option option in options)
            {
                Add(option);
            }
        }
    }
}
