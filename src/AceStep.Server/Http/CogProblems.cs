using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace AceStep.Server.Http;

/// <summary>Refusals in the form of Cog's API.</summary>
internal static class CogProblems
{
    public static Task WriteAsync(HttpResponse response, Problem problem)
    {
        response.ContentType = "application/json";
        JsonObject body = problem.Status == StatusCodes.Status422UnprocessableEntity
            ? new JsonObject
            {
                ["detail"] = new JsonArray([.. problem.InvalidFields.Select(field => (JsonNode)new JsonObject
                {
                    ["loc"] = new JsonArray(["body", .. field.Field.Split('.', StringSplitOptions.RemoveEmptyEntries).Select(part => (JsonNode)part)]),
                    ["msg"] = field.Description,
                    ["type"] = field.Type == "required" ? "value_error.missing" : "value_error",
                })]),
            }
            : new JsonObject { ["error"] = problem.Message, ["status"] = "failed" };
        return response.WriteAsync(body.ToJsonString());
    }
}
