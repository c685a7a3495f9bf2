using System.Text.Json.Serialization;
using AceStep.Server.Deployment;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;

namespace AceStep.Server.Http;

/// <summary>A request that is refused: its status, and the words for the client (application/problem+json).</summary>
internal sealed class Problem(int status, string detail, string? title = null) : Exception(detail)
{
    public int Status => status;

    /// <summary>The fields that are wrong; empty where it is not the inputs' fault.</summary>
    public IReadOnlyList<InvalidField> InvalidFields { get; private init; } = [];

    /// <summary>Seconds after which it may be tried again; null where that is no use.</summary>
    public int? RetryAfter { get; init; }

    public static Problem NotFound() => new(StatusCodes.Status404NotFound, "The requested resource could not be found.");

    public static Problem Unauthenticated() => new(StatusCodes.Status401Unauthorized, "You did not pass a valid authentication token", "Unauthenticated");

    public static Problem TooLarge(string detail) => new(StatusCodes.Status413PayloadTooLarge, detail);

    /// <summary>Inputs that break rules, as Replicate says it: a line for each.</summary>
    public static Problem Invalid(IReadOnlyList<InvalidField> fields) => new(
        StatusCodes.Status422UnprocessableEntity,
        string.Concat(fields.Select(field => $"- {(field.Field.Length > 0 ? field.Field + ": " : "")}{field.Description}\n")),
        "Input validation failed")
    { InvalidFields = fields };

    public static Problem Invalid(IEnumerable<InputProblem> problems) =>
        Invalid([.. problems.Select(problem => new InvalidField(problem.Type, problem.Field.Length > 0 ? $"input.{problem.Field}" : "input", problem.Description))]);

    /// <summary>The place in a list that a client asks for is not one that this server names.</summary>
    public static Problem InvalidCursor() => Invalid([new InvalidField("invalid", "cursor", "is not a cursor of this server")]);

    /// <summary>What is sent.</summary>
    public ProblemDetails ToDetails()
    {
        ProblemDetails details = new() { Status = status, Title = title, Detail = Message };
        if (InvalidFields.Count > 0)
        {
            details.Extensions["invalid_fields"] = InvalidFields;
        }

        if (RetryAfter is { } seconds)
        {
            details.Extensions["retry_after"] = seconds;
        }

        return details;
    }
}

/// <summary>A field that is wrong, in Replicate's words.</summary>
internal sealed record InvalidField(string Type, string Field, string Description);

/// <summary>Problems as text.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ProblemDetails))]
[JsonSerializable(typeof(IReadOnlyList<InvalidField>))]
[JsonSerializable(typeof(InvalidField[]))]
[JsonSerializable(typeof(List<InvalidField>))]
[JsonSerializable(typeof(int))]
internal sealed partial class ProblemJson : JsonSerializerContext;
