using System.Diagnostics;
using AceStep.Schedulers;

namespace AceStep.Generation;

/// <summary>Reports the progress of one stage, at its start and after each unit, with an estimate of the time left; throws when cancelled.</summary>
internal sealed class StageProgress : IProgress<int>
{
    private readonly IProgress<MusicProgress>? _progress;
    private readonly MusicStage _stage;
    private readonly CancellationToken _cancellationToken;
    private readonly double[]? _work;
    private readonly double _totalWork;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly long _total;
    private long _completed;
    private double _doneWork;

    /// <param name="progress">Receives the reports; may be null.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="total">The number of its units.</param>
    /// <param name="cancellationToken">Checked before every report.</param>
    /// <param name="work">The work of each unit, if units differ (guided and unguided steps); null if all take the same work.</param>
    public StageProgress(IProgress<MusicProgress>? progress, MusicStage stage, long total, CancellationToken cancellationToken, double[]? work = null)
    {
        _progress = progress;
        _stage = stage;
        _cancellationToken = cancellationToken;
        _work = work;
        _totalWork = work?.Sum() ?? total;
        _total = total;
        Report();
    }

    /// <summary>Records whether each unit's result is finite; null if results are not checked.</summary>
    public StepWatch? Watch { get; init; }

    /// <summary>Reports that one more unit is done.</summary>
    public void Advance()
    {
        _doneWork += _work?[_completed] ?? 1;
        _completed++;
        Report();
    }

    /// <summary>Reports that a number of units of equal work are done. Does nothing if there are no more than before.</summary>
    public void AdvanceTo(long completed)
    {
        completed = Math.Min(completed, _total);
        if (completed > _completed)
        {
            (_completed, _doneWork) = (completed, completed);
            Report();
        }
    }

    /// <summary>A progress for a part of the stage that begins at an offset; it counts units from the part's start.</summary>
    public IProgress<long> From(long offset) => new Part(this, offset);

    /// <summary>Reports that one more unit is done; its number is not needed.</summary>
    void IProgress<int>.Report(int value) => Advance();

    private void Report()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        TimeSpan? remaining = _doneWork > 0 ? Stopwatch.GetElapsedTime(_started) * Math.Max(0, _totalWork / _doneWork - 1) : null;
        _progress?.Report(new MusicProgress(_stage, _completed, _total, remaining));
    }

    private sealed class Part(StageProgress stage, long offset) : IProgress<long>
    {
        public void Report(long value) => stage.AdvanceTo(offset + value);
    }
}

/// <summary>Adds to each report how much of the whole request is done, estimated from the work of its stages.</summary>
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
        _stages =
        [
            (MusicStage.EncodingSource, request.StartsFrom is null ? 0 : Encoding),
            (MusicStage.Conditioning, Conditioning),
            (MusicStage.Denoising, Passes(request)),
            (MusicStage.Decoding, Decoding),
        ];
        _total = _stages.Sum(stage => stage.Work);
    }

    /// <summary>Wraps a request's progress; null if it is null.</summary>
    public static IProgress<MusicProgress>? Of(MusicRequest request, IProgress<MusicProgress>? progress) =>
        progress is null ? null : new OverallProgress(request, progress);

    public void Report(MusicProgress value)
    {
        int current = Array.FindIndex(_stages, stage => stage.Stage == value.Stage);
        if (current >= 0)
        {
            double before = _stages.Take(current).Sum(stage => stage.Work);
            double within = value.Total > 0 ? _stages[current].Work * value.Completed / value.Total : 0;
            // The fraction never decreases, although a dropped part may be read again within a stage, and a stage may have several parts.
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
