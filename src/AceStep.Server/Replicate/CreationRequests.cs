using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using AceStep.Server.Deployment;
using AceStep.Server.Http;
using AceStep.Server.Queue;
using AceStep.Server.Security;
using Microsoft.AspNetCore.Http;

namespace AceStep.Server.Replicate;

/// <summary>What a creation asks for, beside its headers.</summary>
internal sealed record CreationRequest(JsonElement Input, string Model, PredictionWebhook? Webhook);

/// <summary>Reads creations: only the members that Replicate knows, each of its type.</summary>
internal sealed partial class CreationRequests(ModelDescription model, GuardedHttp http)
{
    private const int LongestKey = 255;

    private static readonly TimeSpan ShortestLife = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestLife = TimeSpan.FromHours(24);

    /// <exception cref="Problem">It breaks a rule.</exception>
    public CreationRequest Read(JsonElement body, bool isVersioned)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw Problem.Invalid([new InvalidField("invalid_type", "", "Invalid type. Expected: object")]);
        }

        List<InvalidField> wrong = [];
        foreach (string name in body.EnumerateObject().Select(member => member.Name).Where(name => !IsMember(name)).Distinct().Take(20))
        {
            wrong.Add(new InvalidField("additional_property_not_allowed", "", $"Additional property {name[..Math.Min(name.Length, 100)]} is not allowed"));
        }

        if (!body.TryGetProperty("input", out JsonElement input) || input.ValueKind == JsonValueKind.Null)
        {
            wrong.Add(new InvalidField("required", "", "input is required"));
        }

        if (wrong.Count > 0)
        {
            throw Problem.Invalid(wrong);
        }

        string? version = Text(body, "version");
        if (isVersioned && version is null)
        {
            throw Problem.Invalid([new InvalidField("required", "", "version is required")]);
        }

        if (version is not null && !model.IsVersion(version))
        {
            throw new Problem(
                StatusCodes.Status422UnprocessableEntity, "The specified version does not exist (or perhaps you don't have permission to use it?)", "Invalid version or not permitted");
        }

        string named = version?.Split(':')[0] is { } prefix && model.IsModel(prefix) ? prefix : $"{model.Owner}/{model.Name}";
        return new CreationRequest(input, named, Webhook(body));
    }

    /// <summary>How long a prediction may live: 30, 30s, 5m, 1h30m45s; null for any time.</summary>
    /// <exception cref="Problem">It is none of these, or not 5 s to 24 h.</exception>
    public static TimeSpan? CancelAfter(HttpRequest request)
    {
        string text = request.Headers["Cancel-After"].ToString();
        if (text.Length == 0)
        {
            return null;
        }

        Match match = Life().Match(text);
        TimeSpan life = !match.Success ? TimeSpan.Zero
            : TimeSpan.FromSeconds((3600.0 * Number(match, "h")) + (60.0 * Number(match, "m")) + Number(match, "s"));
        return life >= ShortestLife && life <= LongestLife
            ? life
            : throw Problem.Invalid([new InvalidField("invalid", "Cancel-After", "must be 5 s to 24 h, written as 30, 30s, 5m or 1h30m45s")]);
    }

    /// <summary>What makes a repeated request of one caller the same one; null where nothing does.</summary>
    /// <exception cref="Problem">The key is too long.</exception>
    public static string? RepeatKeyOf(HttpContext context)
    {
        string key = context.Request.Headers["Idempotency-Key"].ToString();
        return key.Length == 0 ? null
            : key.Length <= LongestKey ? $"{RequestGuard.PrincipalOf(context)}\n{key}"
            : throw Problem.Invalid([new InvalidField("invalid", "Idempotency-Key", $"must have at most {LongestKey} characters")]);
    }

    private static bool IsMember(string name) => name is "input" or "version" or "webhook" or "webhook_events_filter" or "webhook_completed" or "stream";

    private static int Number(Match match, string group) => match.Groups[group] is { Success: true, Value: var digits } ? int.Parse(digits, CultureInfo.InvariantCulture) : 0;

    private PredictionWebhook? Webhook(JsonElement body)
    {
        WebhookEvents? events = Events(body);
        if (Text(body, "webhook") is { Length: > 0 } url)
        {
            Require(url, "webhook");
            return new PredictionWebhook(url, events ?? (WebhookEvents.Output | WebhookEvents.Completed));
        }

        if (Text(body, "webhook_completed") is { Length: > 0 } completed)
        {
            Require(completed, "webhook_completed");
            return new PredictionWebhook(completed, WebhookEvents.Completed);
        }

        return null;
    }

    private void Require(string url, string field)
    {
        if (http.Objection(url) is { } objection)
        {
            throw Problem.Invalid([new InvalidField("invalid", field, objection)]);
        }
    }

    private static WebhookEvents? Events(JsonElement body)
    {
        if (!body.TryGetProperty("webhook_events_filter", out JsonElement filter) || filter.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (filter.ValueKind != JsonValueKind.Array)
        {
            throw Problem.Invalid([new InvalidField("invalid_type", "webhook_events_filter", "Invalid type. Expected: array")]);
        }

        WebhookEvents events = WebhookEvents.None;
        foreach (JsonElement name in filter.EnumerateArray())
        {
            events |= JsonText.Of(name) is { } text && WebhookEventNames.Parse(text) is { } known
                ? known
                : throw Problem.Invalid([new InvalidField("enum", "webhook_events_filter", $"must be of the following: {string.Join(", ", WebhookEventNames.All)}")]);
        }

        return events;
    }

    private static string? Text(JsonElement body, string name) => body.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
        ? JsonText.Of(value) ?? throw Problem.Invalid([new InvalidField("invalid_type", name, "Invalid type. Expected: string")])
        : null;

    [GeneratedRegex(@"^(?:(?<s>[0-9]{1,6})|(?=[0-9])(?:(?<h>[0-9]{1,4})h)?(?:(?<m>[0-9]{1,5})m)?(?:(?<s>[0-9]{1,6})s)?)\z")]
    private static partial Regex Life();
}
