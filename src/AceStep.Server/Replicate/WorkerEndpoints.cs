using System.Globalization;
using System.Text.Json.Nodes;
using AceStep.Server.Queue;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace AceStep.Server.Replicate;

/// <summary>The workers that make songs, for whoever runs the server; a route of our own.</summary>
internal sealed class WorkerEndpoints(IPredictionQueue queue)
{
    public void Map(IEndpointRouteBuilder api) => api.MapGet("/workers", ListAsync);

    private async Task ListAsync(HttpContext context)
    {
        JsonArray workers = [];
        foreach (WorkerState state in (await queue.WorkersAsync(context.RequestAborted)).OrderBy(state => state.Worker.Name, StringComparer.Ordinal))
        {
            workers.Add(new JsonObject
            {
                ["name"] = state.Worker.Name,
                ["checkpoint"] = state.Worker.Checkpoint,
                ["device"] = state.Worker.Device,
                ["loras"] = new JsonArray([.. state.Worker.Loras.Select(lora => (JsonNode)lora)]),
                ["free_bytes"] = state.Worker.FreeBytes,
                ["prediction"] = state.Prediction,
                ["seen_at"] = state.Seen.UtcDateTime.ToString(TimeConverter.Form, CultureInfo.InvariantCulture),
            });
        }

        context.Response.ContentType = "application/json; charset=utf-8";
        await context.Response.WriteAsync(new JsonObject { ["results"] = workers }.ToJsonString());
    }
}
