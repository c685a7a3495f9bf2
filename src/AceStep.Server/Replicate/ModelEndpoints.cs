using System.Globalization;
using System.Text.Json.Nodes;
using AceStep.Server.Deployment;
using AceStep.Server.Http;
using AceStep.Server.Queue;
using AceStep.Server.Storage;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace AceStep.Server.Replicate;

/// <summary>What Replicate's API says of models, account and hardware, for a server that has one model.</summary>
internal sealed class ModelEndpoints(ModelDescription model, ServerSecret secret, BaseUrls baseUrls, IPredictionQueue queue)
{
    private const string Description = "Music from prompts and lyrics: the ACE-Step v1 model on this server.";

    public void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/account", context => SendAsync(context, new JsonObject { ["type"] = "user", ["username"] = model.Owner, ["name"] = model.Owner }));
        api.MapGet("/hardware", context => SendAsync(context, new JsonArray(new JsonObject { ["sku"] = "local", ["name"] = "This server" })));
        api.MapGet("/collections", context => SendAsync(context, Page([])));
        api.MapGet("/webhooks/default/secret", context => SendAsync(context, new JsonObject { ["key"] = "whsec_" + Convert.ToBase64String(secret.Key("webhook", 24)) }));
        api.MapGet("/search", SearchAsync).WithMetadata(new EndpointAccess { IsOpen = true });
        api.MapMethods("/models", [HttpMethods.Get, "QUERY"], async context => await SendAsync(context, Page([await ViewAsync(context, model.Owner)])));
        api.MapGet("/models/{owner}/{name}", async context => await SendAsync(context, await ViewAsync(context, OwnerOf(context))));
        api.MapGet("/models/{owner}/{name}/versions", context => SendAsync(context, OwnerOf(context) is not null ? Page([Version()]) : null!));
        api.MapGet("/models/{owner}/{name}/versions/{version}", context => SendAsync(
            context, OwnerOf(context) is not null && (string)context.Request.RouteValues["version"]! == model.Version ? Version() : throw Problem.NotFound()));
        api.MapGet("/models/{owner}/{name}/examples", context => SendAsync(context, OwnerOf(context) is not null ? Page([]) : null!));
        api.MapGet("/models/{owner}/{name}/readme", ReadmeAsync);
    }

    private string OwnerOf(HttpContext context)
    {
        string owner = (string)context.Request.RouteValues["owner"]!;
        return model.IsModel($"{owner}/{context.Request.RouteValues["name"]}") ? owner : throw Problem.NotFound();
    }

    private async Task SearchAsync(HttpContext context) => await SendAsync(context, new JsonObject
    {
        ["query"] = context.Request.Query["query"].ToString(),
        ["models"] = new JsonArray(await ViewAsync(context, model.Owner)),
        ["collections"] = new JsonArray(),
        ["pages"] = new JsonArray(),
    });

    private Task ReadmeAsync(HttpContext context)
    {
        OwnerOf(context);
        context.Response.ContentType = "text/plain; charset=utf-8";
        IEnumerable<string> fields = DeploymentInput.Fields.Select(field => $"- {field.Name}: {field.Description}");
        return context.Response.WriteAsync($"# {model.Name}\n\n{Description}\n\n{string.Join('\n', fields)}\n");
    }

    private async Task<JsonNode> ViewAsync(HttpContext context, string owner)
    {
        IReadOnlyList<PredictionRecord> newest = await queue.ListAsync(new PredictionQuery { Limit = 1 }, context.RequestAborted);
        return new JsonObject
        {
            ["url"] = baseUrls.Of(context.Request) + "/",
            ["owner"] = owner,
            ["name"] = model.Name,
            ["description"] = Description,
            ["visibility"] = "private",
            ["is_official"] = true,
            ["github_url"] = null,
            ["paper_url"] = null,
            ["license_url"] = null,
            ["run_count"] = newest is [var last] ? last.Ticket : 0,
            ["cover_image_url"] = null,
            ["default_example"] = null,
            ["latest_version"] = Version(),
        };
    }

    private JsonObject Version() => new()
    {
        ["id"] = model.Version,
        ["created_at"] = model.Created.ToString(TimeConverter.Form, CultureInfo.InvariantCulture),
        ["cog_version"] = "0.22.0",
        ["openapi_schema"] = model.OpenApi(),
    };

    private static JsonObject Page(JsonArray results) => new() { ["previous"] = null, ["next"] = null, ["results"] = results };

    private static Task SendAsync(HttpContext context, JsonNode body)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        return context.Response.WriteAsync(body.ToJsonString());
    }
}
