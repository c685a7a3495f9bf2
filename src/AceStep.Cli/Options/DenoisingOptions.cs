using System.CommandLine;
using AceStep.Schedulers;

namespace AceStep.Cli.Options;

/// <summary>Steps and scheduler.</summary>
internal sealed class DenoisingOptions : FieldOptions
{
    private readonly Option<int?> _steps;
    private readonly Option<SchedulerKind?> _scheduler;
    private readonly Option<double?> _omega;
    private readonly Option<IReadOnlyList<int>?> _ownSteps;

    public DenoisingOptions(TaskCapability task)
        : base("Denoising", task)
    {
        _steps = WholeNumber("--steps", "Generation.Steps");
        _scheduler = Choice<SchedulerKind>("--scheduler", "Generation.Scheduler");
        _omega = Number("--omega", "Generation.OmegaScale");
        _ownSteps = WholeNumbers("--own-steps", "Generation.OwnSteps");
    }

    /// <summary>The request with what the options say.</summary>
    public MusicRequest Apply(MusicRequest request, ParseResult result)
    {
        GenerationSettings settings = request.Generation;
        return request with
        {
            Generation = settings with
            {
                Steps = result.GetValue(_steps) ?? settings.Steps,
                Scheduler = result.GetValue(_scheduler) ?? settings.Scheduler,
                OmegaScale = result.GetValue(_omega) ?? settings.OmegaScale,
                OwnSteps = result.GetValue(_ownSteps) ?? settings.OwnSteps,
            },
        };
    }
}
