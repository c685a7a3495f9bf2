using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace AceStep;

public sealed partial class MusicPipeline
{
    /// <summary>
    /// The name of the library's <see cref="ActivitySource"/> and <see cref="Meter"/>, for OpenTelemetry's <c>AddSource</c>
    /// and <c>AddMeter</c>.
    /// </summary>
    /// <remarks>
    /// An activity covers a request from the call to its end, including the time it waits. Its tags are task, steps, batch
    /// size, device and, at the end, seeds; prompts and lyrics are not recorded. The meter counts requests in progress
    /// (<c>acestep.requests.active</c>) and seconds of music made (<c>acestep.music.duration</c>), and measures requests
    /// (<c>acestep.request.duration</c>) and their stages (<c>acestep.stage.duration</c>), both in seconds.
    /// </remarks>
    public const string TelemetryName = "AceStep";

    private static readonly ActivitySource Activities = new(TelemetryName);
    private static readonly Meter Measures = new(TelemetryName);
    private static readonly UpDownCounter<int> ActiveRequests = Measures.CreateUpDownCounter<int>("acestep.requests.active", "{request}", "Requests that are waiting or running.");
    private static readonly Counter<double> MusicMade = Measures.CreateCounter<double>("acestep.music.duration", "s", "Seconds of music generated.");
    private static readonly Histogram<double> RequestDuration = Measures.CreateHistogram<double>("acestep.request.duration", "s", "Time from the call to its end, including waiting.");
    private static readonly Histogram<double> StageDuration = Measures.CreateHistogram<double>("acestep.stage.duration", "s", "Time that a stage of a generation took.");

    /// <summary>Runs a request within an activity, and records its measurements.</summary>
    private async Task<MusicResult> MeasureAsync(MusicRequest request, Func<Task<MusicResult>> work)
    {
        KeyValuePair<string, object?> task = new("acestep.task", EnumNames.Of(request.Task));
        using Activity? activity = Activities.StartActivity($"acestep {task.Value}");
        activity?.SetTag(task.Key, task.Value)
            .SetTag("acestep.steps", request.Generation.Steps)
            .SetTag("acestep.batch_size", request.Generation.BatchSize)
            .SetTag("acestep.device", Device);
        long started = Stopwatch.GetTimestamp();
        string outcome = "failed";
        ActiveRequests.Add(1, task);
        try
        {
            MusicResult result = await work().ConfigureAwait(false);
            outcome = "done";
            Record(result, task, activity);
            return result;
        }
        catch (OperationCanceledException)
        {
            outcome = "cancelled";
            throw;
        }
        catch (Exception error)
        {
            activity?.SetStatus(ActivityStatusCode.Error, error.Message).AddException(error);
            throw;
        }
        finally
        {
            ActiveRequests.Add(-1, task);
            RequestDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, task, new KeyValuePair<string, object?>("acestep.outcome", outcome));
        }
    }

    private static void Record(MusicResult result, KeyValuePair<string, object?> task, Activity? activity)
    {
        activity?.SetTag("acestep.seeds", result.Songs.Select(song => song.Seed).ToArray());
        MusicMade.Add(result.Songs.Sum(song => song.Audio.Duration.TotalSeconds), task);
        MusicTimings timings = result.Timings;
        foreach ((string stage, TimeSpan time) in new[] { ("source", timings.Source), ("conditioning", timings.Conditioning), ("denoising", timings.Denoising), ("decoding", timings.Decoding) })
        {
            StageDuration.Record(time.TotalSeconds, task, new KeyValuePair<string, object?>("acestep.stage", stage));
        }
    }
}
