using System.Diagnostics;

namespace AceStep.Generation;

/// <summary>Reports one stage: at its start and as its units are done, with an estimate by work done; and stops it on cancellation.</summary>
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

    /// <param name="progress">Where reports go; null for nowhere.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="total">Its units.</param>
    /// <param name="cancellationToken">Asked before every report.</param>
    /// <param name="work">The work of each unit where units differ (guided and unguided steps); null where they are alike.</param>
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

    /// <summary>Remembers what the units gave; null where nothing is looked at.</summary>
    public StepWatch? Watch { get; init; }

    /// <summary>One unit is done.</summary>
    public void Advance()
    {
        _doneWork += _work?[_completed] ?? 1;
        _completed++;
        Report();
    }

    /// <summary>So many units of equal work are done; nothing is said where there are no more than before.</summary>
    public void AdvanceTo(long completed)
    {
        completed = Math.Min(completed, _total);
        if (completed > _completed)
        {
            (_completed, _doneWork) = (completed, completed);
            Report();
        }
    }

    /// <summary>Takes the units of a part that starts after others, counted from the part's start.</summary>
    public IProgress<long> From(long offset) => new Part(this, offset);

    /// <summary>One unit is done, told by its number.</summary>
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
