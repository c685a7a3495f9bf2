using System.Diagnostics;

namespace AceStep.Hub;

/// <summary>Counts the bytes of a download over all its files, and reports them at intervals. Thread-safe.</summary>
internal sealed class ProgressMeter
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private readonly IProgress<DownloadProgress>? _progress;
    private readonly DownloadPlan _plan;
    private readonly Lock _gate = new();
    private readonly Queue<(long Time, long Completed)> _past = new();
    private long _completed;
    private long _total;
    private long _lastReport;
    private string? _note;

    public ProgressMeter(IProgress<DownloadProgress>? progress, DownloadPlan plan)
    {
        (_progress, _plan, _total) = (progress, plan, plan.Bytes - plan.BytesPresent);
        Report();
    }

    /// <summary>Counts bytes that have arrived.</summary>
    public void Add(long bytes)
    {
        lock (_gate)
        {
            _completed += bytes;
            _note = null;
            if (Stopwatch.GetElapsedTime(_lastReport) >= Interval)
            {
                Report();
            }
        }
    }

    /// <summary>Changes the number of bytes to fetch: more if data must be fetched again, less if another process has fetched it.</summary>
    public void Expect(long bytes)
    {
        lock (_gate)
        {
            _total += bytes;
        }
    }

    /// <summary>Reports why the download is waiting.</summary>
    public void Wait(string why)
    {
        lock (_gate)
        {
            _note = why;
            Report();
        }
    }

    /// <summary>Reports that the download is complete.</summary>
    public void Finish()
    {
        lock (_gate)
        {
            (_note, _total) = (null, _completed);
            Report();
        }
    }

    private void Report()
    {
        _lastReport = Stopwatch.GetTimestamp();
        _past.Enqueue((_lastReport, _completed));
        while (_past.Count > 2 && Stopwatch.GetElapsedTime(_past.Peek().Time, _lastReport) > Window)
        {
            _past.Dequeue();
        }

        (long since, long before) = _past.Peek();
        double seconds = Stopwatch.GetElapsedTime(since, _lastReport).TotalSeconds;
        double? rate = seconds > 0 && _completed > before ? (_completed - before) / seconds : null;
        _progress?.Report(new DownloadProgress(_plan, _completed, _total, rate, rate is { } speed ? TimeSpan.FromSeconds((_total - _completed) / speed) : null, _note));
    }
}
