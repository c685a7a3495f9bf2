using System.CommandLine;
using AceStep.Cli.Checkpoints;
using AceStep.Cli.Libraries;
using AceStep.Cli.Options;
using AceStep.Cli.Songs;
using AceStep.Cli.Terminal;

namespace AceStep.Cli.Tasks;

/// <summary>A command for one of the pipeline's tasks. Its options are the fields of the task's request, and those for models and files.</summary>
internal sealed class TaskCommand : CliCommand
{
    private readonly RequestSchema _schema;
    private readonly FieldOptions[] _fields;
    private readonly ModelOptions _model;
    private readonly OutputOptions _output;

    public TaskCommand(RequestSchema schema)
        : base(schema.Capability.Command, schema.Capability.Description)
    {
        _schema = schema;
        FieldOptions music = AddGroup(new MusicOptions(schema));
        FieldOptions own = AddGroup(new FieldOptions(schema.Group, schema));
        string[] others = [.. schema.Fields.Select(field => field.Group).Distinct().Except([music.Title, own.Title, RequestFieldAttribute.Output])];
        FieldOptions[] settings = [.. others.Select(group => AddGroup(new FieldOptions(group, schema)))];
        _model = AddGroup(new ModelOptions());
        _output = AddGroup(new OutputOptions(schema));
        _fields = [music, own, .. settings, _output];
    }

    public override IReadOnlyList<string> Examples => [.. _schema.Examples.Select(arguments => $"acestep {Name} {arguments}")];

    protected override string? OptionOf(string field) => _fields.Select(group => group.OptionOf(field)).FirstOrDefault(option => option is not null);

    /// <summary>Runs the task. Everything that can be checked is checked before the model is loaded.</summary>
    protected override async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        // A pipe may never send a source. Waiting for it can be interrupted; the thread that reads it ends with the process.
        MusicRequest request = await Task.Run(() => CreateRequest(result), CancellationToken.None).WaitAsync(cancellationToken);
        MusicPipeline.Validate(request);
        SongFiles files = _output.Files(result, request.Generation.BatchSize);
        double? loudness = _output.Loudness(result);
        files.RequireWritable(request.Generation.SampleRate);
        MusicPipelineOptions options = _model.PipelineOptions(result) with { RequireLyrics = request.Words.Any(words => words.Lyrics.Length > 0) };
        ModelNames names = new(CheckpointChoice.Find(_model.Checkpoint(result)), _model.Loras(result), options);
        names = await names.FindAsync(screen, cancellationToken);
        await LibtorchSupply.EnsureAsync(screen, names.Options.Download, cancellationToken);
        SongRun run = new(screen, names.Checkpoint, names.Options, names.Loras, _model.UsesStoredAlpha(result), files, loudness);
        RunReport report = await run.ExecuteAsync(_schema.Capability, request, cancellationToken);
        if (screen.IsJson)
        {
            screen.WriteJson(report);
        }
        else
        {
            screen.Table(report.ToTable());
        }

        return ExitCodes.Success;
    }

    private MusicRequest CreateRequest(ParseResult result)
    {
        Dictionary<string, object> values = [];
        foreach (FieldOptions group in _fields)
        {
            group.Read(result, values);
        }

        return _schema.Create(values);
    }
}
