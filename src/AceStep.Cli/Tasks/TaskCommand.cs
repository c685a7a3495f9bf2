using System.CommandLine;
using AceStep.Cli.Checkpoints;
using AceStep.Cli.Libraries;
using AceStep.Cli.Options;
using AceStep.Cli.Songs;
using AceStep.Cli.Terminal;

namespace AceStep.Cli.Tasks;

/// <summary>A command that makes songs: one task of the pipeline, with the options that all of them share.</summary>
internal sealed class TaskCommand : CliCommand
{
    private readonly TaskOptions _task;
    private readonly PromptOptions _prompt;
    private readonly DenoisingOptions _denoising;
    private readonly GuidanceOptions? _guidance;
    private readonly ModelOptions _model;
    private readonly OutputOptions _output;

    public TaskCommand(TaskOptions task)
        : base(task.Task.Command, task.Task.Description)
    {
        _prompt = AddGroup(new PromptOptions(task.Task));
        _task = AddGroup(task);
        _denoising = AddGroup(new DenoisingOptions(task.Task));
        _guidance = GuidanceOptions.AreReadBy(task.Task) ? AddGroup(new GuidanceOptions(task.Task)) : null;
        _model = AddGroup(new ModelOptions());
        _output = AddGroup(new OutputOptions(task.Task));
    }

    public override IReadOnlyList<string> Examples => _task.Examples;

    protected override string? OptionOf(string field) =>
        new FieldOptions?[] { _task, _prompt, _denoising, _guidance, _output }.Select(group => group?.OptionOf(field)).FirstOrDefault(option => option is not null);

    /// <summary>Everything that can be refused is refused before the model is loaded.</summary>
    protected override async Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken)
    {
        MusicRequest request = CreateRequest(result);
        MusicPipeline.Validate(request);
        SongFiles files = _output.Files(result, request.Generation.BatchSize);
        double? loudness = _output.Loudness(result);
        files.RequireWritable(request.Generation.SampleRate);
        IReadOnlyList<LoraChoice> loras = _model.Loras(result);
        foreach (LoraChoice lora in loras.Where(lora => !File.Exists(lora.Path) && !Directory.Exists(lora.Path)))
        {
            throw new FileNotFoundException($"There is no LoRA at {lora.Path}.", lora.Path);
        }

        CheckpointChoice checkpoint = CheckpointChoice.Find(_model.Checkpoint(result));
        await LibtorchSupply.EnsureAsync(screen, cancellationToken);
        SongRun run = new(screen, checkpoint, _model.PipelineOptions(result), loras, _model.UsesStoredAlpha(result), files, loudness);
        RunReport report = await run.ExecuteAsync(_task.Task, request, cancellationToken);
        if (screen.IsJson)
        {
            Screen.WriteJson(report);
        }
        else
        {
            screen.Table(report.ToTable());
        }

        return ExitCodes.Success;
    }

    private MusicRequest CreateRequest(ParseResult result)
    {
        MusicRequest request = _task.CreateRequest(result);
        request = _prompt.Apply(request, result);
        request = _denoising.Apply(request, result);
        request = _output.Apply(request, result);
        return request is GuidedMusicRequest guided && _guidance is not null ? _guidance.Apply(guided, result) : request;
    }
}
