using System.Diagnostics;

namespace AceStep.Generation;

/// <summary>Reports one stage: at its start and after each unit, with an estimate by work done; and stops it on cancellation.</summary>
internal sealed class StageProgress : IProgress<int>
{
    private readonly IProgress<MusicProgress>? _progress;
    private readonly MusicStage _stage;
    private readonly CancellationToken _cancellationToken;
    private readonly double[]? _work;
    private readonly double _totalWork;
    private readonly long _started = Stopwatch.GetTimestamp();
    private double _doneWork;

    /// <param name="progress">Where reports go; null for nowhere.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="total">Its units.</param>
    /// <param name="cancellationToken">Asked before every report.</param>
    /// <param name="work">The work of each unit where units differ (guided and unguided steps); null where they are alike.</param>
    public StageProgress(IProgress<MusicProgress>? progress, MusicStage stage, int total, CancellationToken cancellationToken, double[]? work = null)
    {
        _progress = progress;
        _stage = stage;
        _cancellationToken = cancellationToken;
        _work = work;
        _totalWork = work?.Sum() ?? total;
        Total = total;
        Report();
    }

    public int Total { get; }

    public int Completed { get; private set; }

    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_started);

    /// <summary>One unit is done.</summary>
    public void Advance()
    {
        _doneWork += _work?[Completed] ?? 1;
        Completed++;
        Report();
    }

    /// <summary>One unit is done, told by its number.</summary>
    void IProgress<int>.Report(int value) => Advance();

    private void Report()
    {
        _cancellationToken.ThrowIfCancellationRequested();
        TimeSpan? remaining = _doneWork > 0 ? Elapsed * Math.Max(0, _totalWork / _doneWork - 1) : null;
        _progress?.Report(new MusicProgress(_stage, Completed, Total, remaining));
    }
}
