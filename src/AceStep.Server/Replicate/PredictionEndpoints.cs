using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using AceStep.Server.Deployment;
using AceStep.Server.Http;
using AceStep.Server.Queue;
using AceStep.Server.Storage;
using AceStep.Server.Work;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;

namespace AceStep.Server.Replicate;

/// <summary>Predictions by Replicate's API.</summary>
internal sealed partial class PredictionEndpoints(
    IPredictionQueue queue, IBlobStore blobs, PredictionIntake intake, PredictionViews views, ModelDescription model, ModelHost host, CreationRequests requests,
    JsonBody json, BaseUrls baseUrls, RequestGuard guard, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private const int PageSize = 100;

    private static readonly string[] Filters = ["created_after", "created_before", "source"];

    /// <summary>Python's client of version 1 gives up 60.5 s after a plain "wait".</summary>
    private static readonly TimeSpan PlainWait = TimeSpan.FromSeconds(55);

    public void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/predictions", context => CreateAsync(context, named: null));
        api.MapPost("/models/{owner}/{name}/predictions", context => CreateAsync(context, ModelOf(context)));
        api.MapPost("/deployments/{owner}/{name}/predictions", context => CreateAsync(context, ModelOf(context)));
        api.MapGet("/predictions", ListAsync);
        api.MapGet("/predictions/{id}", GetAsync);
        api.MapPost("/predictions/{id}/cancel", CancelAsync);
        api.MapDelete("/predictions/{id}", DeleteAsync);
    }

    private string ModelOf(HttpContext context)
    {
        string named = $"{context.Request.RouteValues["owner"]}/{context.Request.RouteValues["name"]}";
        return model.IsModel(named) ? named : throw Problem.NotFound();
    }

    private async Task CreateAsync(HttpContext context, string? named)
    {
        DateTimeOffset arrived = time.GetUtcNow();
        guard.CountCreation(context);
        RequireModel();
        string baseUrl = baseUrls.Of(context.Request);
        TimeSpan? wait = Wait(context.Request);
        TimeSpan? lifetimeOfJob = CreationRequests.CancelAfter(context.Request);
        PredictionRecord record = await json.ReadAsync(context, async body =>
        {
            CreationRequest request = requests.Read(body, isVersioned: named is null);
            PredictionJob draft = new()
            {
                Id = "",
                Input = "",
                Seed = 0,
                VariationSeed = 0,
                Model = named ?? request.Model,
                Created = arrived,
                Deadline = arrived + lifetimeOfJob,
                Webhook = request.Webhook,
                Source = context.Request.Headers["X-AceStep-Source"] == "web" ? "web" : "api",
                BaseUrl = baseUrl,
                TraceParent = System.Diagnostics.Activity.Current?.Id,
            };
            return await intake.AcceptAsync(request.Input, draft, CreationRequests.RepeatKeyOf(context), context.RequestAborted);
        });
        bool isExpired = false;
        if (wait is { } patience)
        {
            (record, isExpired) = await WaitAsync(record, arrived + patience, context.RequestAborted);
            context.Response.Headers["Preference-Applied"] = context.Request.Headers["Prefer"];
        }

        context.Response.StatusCode = StatusCodes.Status201Created;
        context.Response.Headers.Location = $"{baseUrl}/v1/predictions/{record.Job.Id}";
        // Clients take every other state for the end, and its output for the result.
        await WriteAsync(context, record, baseUrl, mustStart: isExpired);
    }

    private async Task ListAsync(HttpContext context)
    {
        string baseUrl = baseUrls.Of(context.Request);
        IQueryCollection query = context.Request.Query;
        long? before = query["cursor"].ToString() is { Length: > 0 } cursor
            ? long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out long ticket) ? ticket : throw Problem.InvalidCursor()
            : null;
        IReadOnlyList<PredictionRecord> records = await queue.ListAsync(
            new PredictionQuery
            {
                Before = before,
                Limit = PageSize + 1,
                CreatedFrom = Time(query, "created_after"),
                CreatedBefore = Time(query, "created_before"),
                Source = query["source"].ToString() is { Length: > 0 } source ? source : null,
            },
            context.RequestAborted);
        string filters = string.Concat(Filters.Where(name => query.ContainsKey(name)).Select(name => $"&{name}={Uri.EscapeDataString(query[name].ToString())}"));
        string? next = records.Count > PageSize ? $"{baseUrl}/v1/predictions?cursor={records[PageSize - 1].Ticket}{filters}" : null;
        PredictionView[] page = [.. records.Take(PageSize).Select(record => views.Create(record, baseUrl))];
        await context.Response.WriteAsJsonAsync(new Page<PredictionView>(null, next, page), ReplicateJson.Default.PagePredictionView);
    }

    private async Task GetAsync(HttpContext context) => await WriteAsync(context, await FindAsync(context), baseUrls.Of(context.Request));

    private async Task CancelAsync(HttpContext context)
    {
        PredictionRecord record = await FindAsync(context);
        await WriteAsync(context, await queue.CancelAsync(record.Job.Id, context.RequestAborted) ?? record, baseUrls.Of(context.Request));
    }

    /// <summary>The record first: nobody is sent to a song that has gone. One whose removal breaks off here is found by the retention.</summary>
    private async Task DeleteAsync(HttpContext context)
    {
        PredictionRecord record = await FindAsync(context);
        if (await queue.DeleteAsync(record.Job.Id, context.RequestAborted) is not { } deleted)
        {
            throw Problem.NotFound();
        }

        if (deleted.Output is { } song)
        {
            await blobs.DeleteAsync(song.Blob, CancellationToken.None);
        }

        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task<PredictionRecord> FindAsync(HttpContext context) =>
        context.Request.RouteValues["id"] is string id && FileStore.IsId(id) && await queue.GetAsync(id, context.RequestAborted) is { } record ? record : throw Problem.NotFound();

    private async Task WriteAsync(HttpContext context, PredictionRecord record, string baseUrl, bool mustStart = false)
    {
        PredictionView view = await views.CreateWithPlaceAsync(record, baseUrl, context.RequestAborted);
        if (mustStart)
        {
            view = view with { Status = "starting", StartedAt = null };
        }

        bool isInline = PredictionBody.IsInlineFor(baseUrl) && context.Request.Query["output"] != "url";
        context.Response.ContentType = "application/json; charset=utf-8";
        await views.Body(view, record, isInline).WriteAsync(context.Response.Body, context.RequestAborted);
    }

    /// <summary>Waits for the end; a client that waits costs no thread. When the server stops, so does the waiting.</summary>
    private async Task<(PredictionRecord Record, bool IsExpired)> WaitAsync(PredictionRecord record, DateTimeOffset until, CancellationToken aborted)
    {
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(aborted, lifetime.ApplicationStopping);
        TimeSpan left = until - time.GetUtcNow();
        patience.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        try
        {
            await foreach (PredictionRecord state in queue.WatchAsync(record.Job.Id, patience.Token))
            {
                record = state;
            }
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            // Time is up; the prediction goes on.
        }

        return (record, !record.IsTerminal);
    }

    private void RequireModel()
    {
        if (host.Failure is { } failure)
        {
            throw new Problem(StatusCodes.Status503ServiceUnavailable, failure);
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new Problem(StatusCodes.Status503ServiceUnavailable, "The server is stopping.") { RetryAfter = 10 };
        }
    }

    /// <summary>How long a client wants to wait; null for not at all. More than is allowed is less.</summary>
    private static TimeSpan? Wait(HttpRequest request)
    {
        foreach (string preference in request.Headers["Prefer"].ToString().Split(',', StringSplitOptions.TrimEntries))
        {
            if (WaitPreference().Match(preference) is { Success: true } match)
            {
                return match.Groups[1] is { Success: true, Value: var seconds } ? TimeSpan.FromSeconds(Math.Clamp(int.Parse(seconds, CultureInfo.InvariantCulture), 1, 60)) : PlainWait;
            }
        }

        return null;
    }

    private static DateTimeOffset? Time(IQueryCollection query, string name) => query[name].ToString() is not { Length: > 0 } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time) ? time
        : throw Problem.Invalid([new InvalidField("invalid", name, "must be a time in ISO 8601 format")]);

    [GeneratedRegex(@"^wait(?:=([0-9]{1,6}))?\z", RegexOptions.IgnoreCase)]
    private static partial Regex WaitPreference();
}
