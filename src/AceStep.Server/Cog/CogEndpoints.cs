using System.Globalization;
using System.Text.Json.Nodes;
using AceStep.Server.Deployment;
using AceStep.Server.Http;
using AceStep.Server.Page;
using AceStep.Server.Queue;
using AceStep.Server.Work;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Microsoft.Net.Http.Headers;

namespace AceStep.Server.Cog;

/// <summary>What a Cog container answers at its root: index, health, schema, shutdown.</summary>
internal sealed class CogEndpoints(ModelDescription model, ModelHost host, IPredictionQueue queue, PageEndpoints page, AceStepServerOptions options, IHostApplicationLifetime lifetime)
{
    private const string ReadyFile = "/var/run/cog/ready";
    private const string Version = "0.22.0";
    private const string Unhealthy = "UNHEALTHY";

    public void Map(IEndpointRouteBuilder root)
    {
        EndpointAccess open = new() { IsOpen = true, IsCog = true };
        root.MapMethods("/", HttpVerbs.Reading, IndexAsync).WithMetadata(open);
        MapHealth(root);
        root.MapMethods("/openapi.json", HttpVerbs.Reading, context => SendAsync(context, model.OpenApi())).WithMetadata(open);
        root.MapPost("/shutdown", ShutdownAsync).WithMetadata(new EndpointAccess { IsCog = true });
    }

    /// <summary>What probes ask, of workers too.</summary>
    public void MapHealth(IEndpointRouteBuilder root) => root.MapMethods("/health-check", HttpVerbs.Reading, HealthAsync).WithMetadata(new EndpointAccess { IsOpen = true, IsCog = true, AnyHost = true });

    /// <summary>The page for browsers, Cog's index for its clients: what is kept of the one must not be given to the other.</summary>
    private Task IndexAsync(HttpContext context)
    {
        context.Response.Headers.Append(HeaderNames.Vary, HeaderNames.Accept);
        return page.IsWanted(context.Request) ? page.SendAsync(context, "index.html") : SendAsync(context, new JsonObject
        {
            ["cog_version"] = Version,
            ["docs_url"] = "/docs",
            ["openapi_url"] = "/openapi.json",
            ["shutdown_url"] = "/shutdown",
            ["healthcheck_url"] = "/health-check",
            ["predictions_url"] = "/predictions",
            ["predictions_idempotent_url"] = "/predictions/{prediction_id}",
            ["predictions_cancel_url"] = "/predictions/{prediction_id}/cancel",
        });
    }

    private async Task HealthAsync(HttpContext context)
    {
        string status = host.Failure is not null ? "SETUP_FAILED" : !host.IsReady ? "STARTING" : await ActivityAsync(context.RequestAborted);
        JsonObject setup = new() { ["started_at"] = Time(host.Started), ["status"] = host.Failure is not null ? "failed" : host.IsReady ? "succeeded" : "starting" };
        if (host.Completed is { } completed)
        {
            setup["completed_at"] = Time(completed);
        }

        if (host.Logs.Length > 0)
        {
            setup["logs"] = host.Logs;
        }

        // However busy: what the file says is that the model is there.
        if (host.IsReady)
        {
            WriteReadyFile();
        }
        else if (status == Unhealthy)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        }

        await SendAsync(context, new JsonObject { ["status"] = status, ["setup"] = setup, ["version"] = new JsonObject { ["coglet"] = Version } });
    }

    /// <summary>Busy is who makes a song himself, and alone; of a shared queue it is asked only whether it answers.</summary>
    private async Task<string> ActivityAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (queue.IsShared)
            {
                await queue.GetAsync("health", cancellationToken);
                return "READY";
            }

            return (await queue.StatsAsync(null, cancellationToken)).Running > 0 ? "BUSY" : "READY";
        }
        catch (QueueUnavailableException)
        {
            return Unhealthy;
        }
    }

    private Task ShutdownAsync(HttpContext context)
    {
        context.Response.OnCompleted(() =>
        {
            (options.Shutdown ?? lifetime.StopApplication)();
            return Task.CompletedTask;
        });
        return SendAsync(context, new JsonObject());
    }

    /// <summary>Kubernetes' probes look for it.</summary>
    private static void WriteReadyFile()
    {
        if (Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") is not { Length: > 0 } || File.Exists(ReadyFile))
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(ReadyFile)!);
            File.WriteAllBytes(ReadyFile, []);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The health check itself says the same.
        }
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString(Replicate.TimeConverter.Form, CultureInfo.InvariantCulture);

    private static Task SendAsync(HttpContext context, JsonNode body)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body.ToJsonString());
    }
}
