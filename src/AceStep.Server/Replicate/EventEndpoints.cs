using System.Globalization;
using System.Text;
using System.Text.Json;
using AceStep.Server.Http;
using AceStep.Server.Queue;
using AceStep.Server.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace AceStep.Server.Replicate;

/// <summary>Server-sent events: one prediction's as Replicate streams them, and every prediction's for the page.</summary>
internal sealed class EventEndpoints(IPredictionQueue queue, PredictionViews views, IBlobStore blobs, BaseUrls baseUrls, IHostApplicationLifetime lifetime)
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    public void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/stream/{id}/{signature}", StreamAsync).WithMetadata(new EndpointAccess { HasOwnSecret = true, IsStream = true });
        api.MapGet("/events", EventsAsync).WithMetadata(new EndpointAccess { IsStream = true });
    }

    /// <summary>output, logs, error, done: clients know no other names, and want an id with each.</summary>
    private async Task StreamAsync(HttpContext context)
    {
        string id = (string)context.Request.RouteValues["id"]!;
        if (!views.IsStream(id, (string)context.Request.RouteValues["signature"]!) || await queue.GetAsync(id, context.RequestAborted) is null)
        {
            throw Problem.NotFound();
        }

        string baseUrl = baseUrls.Of(context.Request);
        await using EventStream events = EventStream.Begin(context, KeepAlive, lifetime.ApplicationStopping);
        int said = 0;
        await foreach (PredictionRecord record in queue.WatchAsync(id, events.Ended))
        {
            if (record.Logs.Length > said)
            {
                await events.SendAsync("logs", record.Logs[said..]);
                said = record.Logs.Length;
            }

            switch (record.Status)
            {
                case PredictionStatus.Succeeded:
                    await SendOutputAsync(events, record, baseUrl);
                    await events.SendAsync("done", "{}");
                    break;
                case PredictionStatus.Failed:
                    await events.SendAsync("error", JsonSerializer.Serialize(new Dictionary<string, string> { ["detail"] = record.Error ?? "" }, ReplicateJson.Default.DictionaryStringString));
                    await events.SendAsync("done", """{"reason":"error"}""");
                    break;
                case PredictionStatus.Canceled:
                    await events.SendAsync("done", """{"reason":"canceled"}""");
                    break;
            }
        }
    }

    private async Task SendOutputAsync(EventStream events, PredictionRecord record, string baseUrl)
    {
        // A song that was removed since is no output any more.
        if (PredictionBody.IsInlineFor(baseUrl) && record.Output is { } output && await blobs.OpenAsync(output.Blob, events.Ended) is { } song)
        {
            await using (song)
            {
                await events.SendAsync("output", async stream =>
                {
                    await stream.WriteAsync(Encoding.ASCII.GetBytes($"data:{output.ContentType};base64,"), events.Ended);
                    await PredictionBody.CopyBase64Async(song, stream, events.Ended);
                });
            }
        }
        else
        {
            await events.SendAsync("output", views.Create(record, baseUrl).Output ?? "");
        }
    }

    /// <summary>Each change of each prediction, as lists show it; what is open comes first.</summary>
    private async Task EventsAsync(HttpContext context)
    {
        string baseUrl = baseUrls.Of(context.Request);
        await using EventStream events = EventStream.Begin(context, KeepAlive, lifetime.ApplicationStopping);
        // Whoever connects anew has the list; what came in between is in it.
        IAsyncEnumerator<PredictionRecord> changes = queue.WatchAllAsync(events.Ended).GetAsyncEnumerator(events.Ended);
        await using (changes)
        {
            ValueTask<bool> next = changes.MoveNextAsync();
            foreach (PredictionRecord open in await queue.ListAsync(new PredictionQuery { Filter = PredictionFilter.Open, Limit = 1000 }, events.Ended))
            {
                await SendAsync(events, open, baseUrl);
            }

            while (await next)
            {
                await SendAsync(events, changes.Current, baseUrl);
                next = changes.MoveNextAsync();
            }
        }
    }

    private Task SendAsync(EventStream events, PredictionRecord record, string baseUrl) => record.IsDeleted
        ? events.SendAsync("deleted", JsonSerializer.Serialize(new Dictionary<string, string> { ["id"] = record.Job.Id }, ReplicateJson.Default.DictionaryStringString))
        : events.SendAsync("prediction", JsonSerializer.Serialize(views.Create(record, baseUrl), ReplicateJson.Default.PredictionView));
}
