using System.Diagnostics;
using System.Diagnostics.Metrics;
using AceStep.Server.Queue;

namespace AceStep.Server.Work;

/// <summary>What the server measures, for OpenTelemetry: the meter and the activity source are called "AceStep.Server".</summary>
internal sealed class ServerMetrics : IDisposable
{
    public const string Name = "AceStep.Server";

    private readonly Meter _meter;
    private readonly Counter<long> _predictions;
    private readonly Counter<double> _songSeconds;
    private readonly Histogram<double> _stages;

    public ServerMetrics(IMeterFactory factory, IPredictionQueue queue, AceStepServerOptions options)
    {
        _meter = factory.Create(Name);
        _predictions = _meter.CreateCounter<long>("acestep.predictions", "{prediction}", "Predictions that have ended, by status.");
        _songSeconds = _meter.CreateCounter<double>("acestep.song.duration", "s", "Seconds of music made.");
        _stages = _meter.CreateHistogram<double>("acestep.stage.duration", "s", "Seconds that a stage of a prediction took.");
        if (options.Role != ServerRole.Worker)
        {
            _meter.CreateObservableGauge("acestep.queue.waiting", () => Measure(queue, stats => stats.Queued), "{prediction}", "Predictions that wait.");
            _meter.CreateObservableGauge("acestep.queue.running", () => Measure(queue, stats => stats.Running), "{prediction}", "Predictions that run.");
        }
    }

    /// <summary>Predictions as activities.</summary>
    public ActivitySource Activities { get; } = new(Name);

    /// <summary>Counts a prediction that has ended.</summary>
    public void Ended(PredictionStatus status, PredictionOutput? output)
    {
        _predictions.Add(1, new KeyValuePair<string, object?>("status", Replicate.PredictionViews.StatusOf(status)));
        if (output is not null)
        {
            _songSeconds.Add(output.Seconds);
        }
    }

    /// <summary>Notes how long the parts of a generation took.</summary>
    public void Timed(MusicTimings timings, TimeSpan waited, TimeSpan saved)
    {
        Record("waiting", waited);
        Record("source", timings.Source);
        Record("conditioning", timings.Conditioning);
        Record("denoising", timings.Denoising);
        Record("decoding", timings.Decoding);
        Record("saving", saved);
    }

    public void Dispose()
    {
        Activities.Dispose();
        _meter.Dispose();
    }

    private void Record(string stage, TimeSpan time) => _stages.Record(time.TotalSeconds, new KeyValuePair<string, object?>("stage", stage));

    /// <summary>In one process the queue answers at once; a shared one may be away, and nothing is told then.</summary>
    private static IEnumerable<Measurement<int>> Measure(IPredictionQueue queue, Func<QueueStats, int> number)
    {
        try
        {
            return [new Measurement<int>(number(Task.Run(() => queue.StatsAsync()).GetAwaiter().GetResult()))];
        }
        catch (QueueUnavailableException)
        {
            return [];
        }
    }
}
