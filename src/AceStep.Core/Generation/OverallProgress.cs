using AceStep.Schedulers;

namespace AceStep.Generation;

/// <summary>Adds to each report how much of the whole request is done, as an estimate by the work of its stages.</summary>
internal sealed class OverallProgress : IProgress<MusicProgress>
{
    /// <summary>The work of a stage for the released model, in passes of its transformer over a song of the same length.</summary>
    private const double Encoding = 3;
    private const double Conditioning = 0.5;
    private const double Decoding = 5;

    private readonly IProgress<MusicProgress> _progress;
    private readonly (MusicStage Stage, double Work)[] _stages;
    private readonly double _total;
    private double _reached;

    private OverallProgress(MusicRequest request, IProgress<MusicProgress> progress)
    {
        _progress = progress;
        bool hasSource = request.Task is not (MusicTask.TextToMusic or MusicTask.Variation);
        _stages =
        [
            (MusicStage.EncodingSource, hasSource ? Encoding : 0),
            (MusicStage.Conditioning, Conditioning),
            (MusicStage.Denoising, Passes(request)),
            (MusicStage.Decoding, Decoding),
        ];
        _total = _stages.Sum(stage => stage.Work);
    }

    /// <summary>Reports of a request that also say how much of the whole is done; null where nobody is told.</summary>
    public static IProgress<MusicProgress>? Of(MusicRequest request, IProgress<MusicProgress>? progress) =>
        progress is null ? null : new OverallProgress(request, progress);

    public void Report(MusicProgress value)
    {
        int current = Array.FindIndex(_stages, stage => stage.Stage == value.Stage);
        if (current >= 0)
        {
            double before = _stages.Take(current).Sum(stage => stage.Work);
            double within = value.Total > 0 ? _stages[current].Work * value.Completed / value.Total : 0;
            // A part that was dropped is read again within a stage, and a stage may come in several parts: it never goes back.
            _reached = Math.Max(_reached, Math.Min(1, (before + within) / _total));
        }

        _progress.Report(value with { Fraction = _reached });
    }

    private static double Passes(MusicRequest request)
    {
        GenerationSettings settings = request.Generation;
        int steps = settings.OwnSteps.Count > 0 ? settings.OwnSteps.Count : settings.Steps;
        double guided = request is GuidedMusicRequest { Guidance: { IsActive: true } guidance } ? guidance.Interval : 0;
        return steps * (1 + guided) * (settings.Scheduler == SchedulerKind.Heun ? 2 : 1);
    }
}
