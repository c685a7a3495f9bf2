using System.Text.Json;
using AceStep.Server.Deployment;
using AceStep.Server.Queue;
using AceStep.Server.Storage;
using AceStep.Server.Work;

namespace AceStep.Server.Replicate;

/// <summary>Makes views of records.</summary>
internal sealed class PredictionViews(OutputAddresses outputs, ServerSecret secret, ModelDescription model, IPredictionQueue queue, IBlobStore blobs, Pacing pacing)
{
    private const string StreamPurpose = "stream";

    /// <summary>The view for lists and events: songs by their address.</summary>
    public PredictionView Create(PredictionRecord record, string baseUrl)
    {
        PredictionJob job = record.Job;
        string api = $"{baseUrl}/v1/predictions/{job.Id}";
        return new PredictionView
        {
            Id = job.Id,
            Model = job.Model,
            Version = model.Version,
            Input = Parse(job.Input),
            Output = record.Output is { } output ? baseUrl + outputs.PathOf(output) : null,
            Error = record.Error,
            Logs = record.Logs,
            Status = StatusOf(record.Status),
            CreatedAt = job.Created,
            StartedAt = record.Started,
            CompletedAt = record.Finished,
            DataRemoved = record.IsDataRemoved,
            Metrics = MetricsOf(record),
            Source = job.Source,
            Urls = new PredictionUrls(api, $"{api}/cancel", $"{baseUrl}/p/{job.Id}", $"{baseUrl}/v1/stream/{job.Id}/{secret.Sign(StreamPurpose, job.Id)}"),
            Deadline = job.Deadline,
            Webhook = job.Webhook?.Url,
            WebhookEventsFilter = job.Webhook is { } webhook ? WebhookEventNames.Of(webhook.Events) : null,
            Progress = record is { Status: PredictionStatus.Running, Progress: { } progress } ? new ProgressView(EnumNames.Of(progress.Stage), progress.Completed, progress.Total, progress.Remaining) : null,
            Song = record.Output is { } song
                ? new SongView(baseUrl + outputs.PathOf(song), song.ContentType, song.Bytes, song.Seconds, song.SampleRate, job.Seed, job.VariationSeed)
                : null,
        };
    }

    /// <summary>The view of one prediction, with its place while it waits.</summary>
    public async Task<PredictionView> CreateWithPlaceAsync(PredictionRecord record, string baseUrl, CancellationToken cancellationToken)
    {
        PredictionView view = Create(record, baseUrl);
        return record.Status == PredictionStatus.Queued && await queue.StatsAsync(record.Job.Id, cancellationToken) is { Ahead: { } ahead } stats
            ? view with { Queue = new QueuePlace(ahead, pacing.Estimate(stats.CostAhead / Math.Max(1, stats.Running))) }
            : view;
    }

    /// <summary>A view as text, with the song in it where its clients need that.</summary>
    public PredictionBody Body(PredictionView view, PredictionRecord record, bool isInline) =>
        new(record, blobs, isInline, output => JsonSerializer.SerializeToUtf8Bytes(output is null ? view : view with { Output = output }, ReplicateJson.Default.PredictionView));

    /// <summary>Whether an address of events was given out by this server.</summary>
    public bool IsStream(string id, string signature) => secret.IsSigned(StreamPurpose, id, signature);

    private static JsonElement Parse(string input)
    {
        using JsonDocument document = JsonDocument.Parse(input);
        return document.RootElement.Clone();
    }

    /// <summary>Replicate's words for the states; its "aborted" is unknown to most clients and never said.</summary>
    public static string StatusOf(PredictionStatus status) => status switch
    {
        PredictionStatus.Queued => "starting",
        PredictionStatus.Running => "processing",
        PredictionStatus.Succeeded => "succeeded",
        PredictionStatus.Failed => "failed",
        _ => "canceled",
    };

    private static Dictionary<string, double> MetricsOf(PredictionRecord record)
    {
        Dictionary<string, double> metrics = [];
        if (record.Finished is { } finished)
        {
            if (record.Started is { } started)
            {
                metrics["predict_time"] = (finished - started).TotalSeconds;
            }

            metrics["total_time"] = (finished - record.Job.Created).TotalSeconds;
        }

        return metrics;
    }
}

/// <summary>The names of webhook events.</summary>
internal static class WebhookEventNames
{
    private static readonly (string Name, WebhookEvents Event)[] Names =
        [("start", WebhookEvents.Start), ("output", WebhookEvents.Output), ("logs", WebhookEvents.Logs), ("completed", WebhookEvents.Completed)];

    public static IEnumerable<string> All => Names.Select(name => name.Name);

    public static string[] Of(WebhookEvents events) => [.. Names.Where(name => events.HasFlag(name.Event)).Select(name => name.Name)];

    public static WebhookEvents? Parse(string name) => Names.Where(known => known.Name == name).Select(known => (WebhookEvents?)known.Event).FirstOrDefault();
}
