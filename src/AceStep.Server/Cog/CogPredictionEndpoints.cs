using System.Text.Json;
using System.Text.Json.Nodes;
using AceStep.Server.Deployment;
using AceStep.Server.Http;
using AceStep.Server.Queue;
using AceStep.Server.Replicate;
using AceStep.Server.Security;
using AceStep.Server.Storage;
using AceStep.Server.Work;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace AceStep.Server.Cog;

/// <summary>Predictions by Cog's API: one at a time, synchronous, asynchronous or as events.</summary>
internal sealed class CogPredictionEndpoints(
    IPredictionQueue queue, PredictionIntake intake, CogPredictions predictions, CogSnapshots snapshots, ModelDescription model, ModelHost host, GuardedHttp http,
    JsonBody json, BaseUrls baseUrls, RequestGuard guard, IHostApplicationLifetime lifetime, TimeProvider time) : IDisposable
{
    private const int LongestId = 128;

    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    /// <summary>Two at once must not both find the slot free.</summary>
    private readonly SemaphoreSlim _accepting = new(1, 1);

    public void Map(IEndpointRouteBuilder root)
    {
        EndpointAccess access = new() { IsCog = true };
        root.MapPost("/predictions", context => CreateAsync(context, null)).WithMetadata(access);
        root.MapPut("/predictions/{id}", context => CreateAsync(context, (string)context.Request.RouteValues["id"]!)).WithMetadata(access);
        root.MapPost("/predictions/{id}/cancel", CancelAsync).WithMetadata(access);
    }

    public void Dispose() => _accepting.Dispose();

    private async Task CreateAsync(HttpContext context, string? named)
    {
        guard.CountCreation(context);
        RequireReady();
        bool isStream = context.Request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);
        bool isAsync = !isStream && context.Request.Headers["Prefer"].ToString().Split(',', StringSplitOptions.TrimEntries).Contains("respond-async", StringComparer.OrdinalIgnoreCase);
        (PredictionRecord record, bool isNew) = await json.ReadAsync(context, body => AcceptAsync(context, body, named, isAttached: !isAsync));
        // While this front end lives, no other takes its client for gone.
        await using IAsyncDisposable? connection = isNew && !isAsync ? await queue.HoldAsync(CogPredictions.ConnectionOf(record), context.RequestAborted) : null;
        if (isStream)
        {
            await StreamAsync(context, record, isNew);
        }
        else if (!isNew)
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            await SendAsync(context, snapshots.Running(record));
        }
        else if (isAsync)
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(new JsonObject { ["id"] = record.Job.CogId, ["status"] = "starting" }.ToJsonString());
        }
        else
        {
            await SendAsync(context, snapshots.Final(await EndAsync(record, context.RequestAborted)));
        }
    }

    /// <summary>Waits for the end. A client that goes away takes its prediction along.</summary>
    private async Task<PredictionRecord> EndAsync(PredictionRecord record, CancellationToken aborted)
    {
        try
        {
            await foreach (PredictionRecord state in queue.WatchAsync(record.Job.Id, aborted))
            {
                record = state;
            }

            return record;
        }
        catch (OperationCanceledException)
        {
            await queue.CancelAsync(record.Job.Id, CancellationToken.None);
            throw;
        }
    }

    private async Task<(PredictionRecord Record, bool IsNew)> AcceptAsync(HttpContext context, JsonElement body, string? named, bool isAttached)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw Invalid("", "value is not a valid dict");
        }

        string? given = Text(body, "id");
        if (named is not null && given is not null && given != named)
        {
            throw Invalid("id", "prediction ID must match the ID supplied in the URL");
        }

        string id = named ?? given ?? $"pred_{ServerSecret.NewId()}";
        if (id.Length > LongestId || id.Any(char.IsControl))
        {
            throw Invalid("id", $"must have at most {LongestId} characters");
        }

        PredictionWebhook? webhook = Webhook(body);
        await _accepting.WaitAsync(context.RequestAborted);
        try
        {
            // Other front ends have the same one slot.
            await using IAsyncDisposable slot = await queue.HoldAsync("cog", context.RequestAborted) ?? throw Busy();
            if (await predictions.FindAsync(id, context.RequestAborted) is { } running)
            {
                return named is not null ? (running, false) : throw Busy();
            }

            using JsonDocument nothing = JsonDocument.Parse("{}");
            JsonElement input = body.TryGetProperty("input", out JsonElement inputs) && inputs.ValueKind != JsonValueKind.Null ? inputs : nothing.RootElement;
            if (InputProblem.Find(input) is { Count: > 0 } problems)
            {
                // What is wrong is said whether there is a slot or not.
                throw Problem.Invalid(problems);
            }

            QueueStats stats = await queue.StatsAsync(null, context.RequestAborted);
            if (stats.Queued + stats.Running > 0)
            {
                throw Busy();
            }

            PredictionJob draft = new()
            {
                Id = "",
                Input = "",
                Seed = 0,
                VariationSeed = 0,
                Model = $"{model.Owner}/{model.Name}",
                Created = time.GetUtcNow(),
                Webhook = webhook,
                BaseUrl = baseUrls.Of(context.Request),
                CogId = id,
                IsAttached = isAttached,
                TraceParent = context.Request.Headers.TraceParent.ToString() is { Length: > 0 and < 100 } trace ? trace : null,
            };
            PredictionRecord record = await intake.AcceptAsync(input, draft, repeatKey: null, context.RequestAborted);
            predictions.Add(record);
            return (record, true);
        }
        finally
        {
            _accepting.Release();
        }
    }

    /// <summary>start, log, output, completed. Who comes again hears everything from the beginning. When the last reader goes, so does what was begun as a stream.</summary>
    private async Task StreamAsync(HttpContext context, PredictionRecord record, bool isNew)
    {
        predictions.Join(record.Job.Id, isNew);
        await using EventStream events = EventStream.Begin(context, KeepAlive, lifetime.ApplicationStopping);
        try
        {
            bool isStarted = false;
            int said = 0;
            await foreach (PredictionRecord state in queue.WatchAsync(record.Job.Id, events.Ended))
            {
                if (!isStarted && state.Status != PredictionStatus.Queued)
                {
                    isStarted = true;
                    await events.SendAsync("start", new JsonObject { ["id"] = state.Job.CogId, ["status"] = "processing" }.ToJsonString());
                }

                if (state.Logs.Length > said)
                {
                    await events.SendAsync("log", new JsonObject { ["source"] = "stdout", ["data"] = state.Logs[said..] }.ToJsonString());
                    said = state.Logs.Length;
                }

                if (state.IsTerminal)
                {
                    if (state.Output is not null)
                    {
                        await events.SendAsync("output", stream => snapshots.Chunk(state).WriteAsync(stream, events.Ended));
                    }

                    await events.SendAsync("completed", stream => snapshots.State(state).WriteAsync(stream, events.Ended));
                }
            }
        }
        finally
        {
            if (predictions.Leave(record.Job.Id) && context.RequestAborted.IsCancellationRequested)
            {
                await queue.CancelAsync(record.Job.Id, CancellationToken.None);
            }
        }
    }

    private async Task CancelAsync(HttpContext context)
    {
        PredictionRecord? record = await predictions.FindAsync((string)context.Request.RouteValues["id"]!, context.RequestAborted);
        if (record is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        else
        {
            await queue.CancelAsync(record.Job.Id, context.RequestAborted);
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync("{}");
    }

    private void RequireReady()
    {
        if (host.Failure is { } failure)
        {
            throw new Problem(StatusCodes.Status503ServiceUnavailable, failure);
        }

        if (!host.IsReady || lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new Problem(StatusCodes.Status503ServiceUnavailable, host.IsReady ? "The server is stopping" : "Setup has not finished yet");
        }
    }

    private PredictionWebhook? Webhook(JsonElement body)
    {
        WebhookEvents events = WebhookEvents.All;
        if (body.TryGetProperty("webhook_events_filter", out JsonElement filter) && filter.ValueKind == JsonValueKind.Array)
        {
            events = WebhookEvents.None;
            foreach (JsonElement name in filter.EnumerateArray())
            {
                events |= JsonText.Of(name) is { } text && WebhookEventNames.Parse(text) is { } known ? known : throw Invalid("webhook_events_filter", "value is not a valid event");
            }
        }

        return Text(body, "webhook") is not { Length: > 0 } url ? null : http.Objection(url) is { } objection ? throw Invalid("webhook", objection) : new PredictionWebhook(url, events);
    }

    private static string? Text(JsonElement body, string name) => body.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
        ? JsonText.Of(value) ?? throw Invalid(name, "str type expected")
        : null;

    private static Task SendAsync(HttpContext context, PredictionBody body)
    {
        context.Response.ContentType = "application/json";
        return body.WriteAsync(context.Response.Body, context.RequestAborted);
    }

    private static Problem Busy() => new(StatusCodes.Status409Conflict, "At capacity - all prediction slots busy");

    private static Problem Invalid(string field, string description) => Problem.Invalid([new InvalidField("invalid", field, description)]);
}
