namespace AceStep.Server.Queue;

/// <summary>A prediction as it was accepted: everything that making its song needs, and nothing that changes afterwards. Immutable.</summary>
public sealed record PredictionJob
{
    /// <summary>26 characters of lower-case base32, unguessable. A job of an id that is there already is not queued again.</summary>
    public required string Id { get; init; }

    /// <summary>The model as the client named it: "owner/name".</summary>
    public required string Model { get; init; }

    /// <summary>The inputs: a JSON object of known fields, as the client sent them; audio that came as data: is an uploaded file by now.</summary>
    public required string Input { get; init; }

    /// <summary>The seed of the noise, the client's or drawn when the job was accepted: a second run makes the same song.</summary>
    public required long Seed { get; init; }

    /// <summary>The seed of the second noise, as <see cref="Seed"/>.</summary>
    public required long VariationSeed { get; init; }

    /// <summary>The LoRA that the job names; null for none. A worker that has it in memory is preferred.</summary>
    public string? Lora { get; init; }

    /// <summary>The work that the job asks for, in units that mean something only beside those of other jobs; at least 0.</summary>
    public double Cost { get; init; }

    /// <summary>When the job was accepted.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it is cancelled, whatever it does then; null for never.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Who is told of it; null for nobody.</summary>
    public PredictionWebhook? Webhook { get; init; }

    /// <summary>"api" or "web".</summary>
    public string Source { get; init; } = "api";

    /// <summary>The server's address as the client used it, without a slash at the end: what addresses in webhooks begin with.</summary>
    public required string BaseUrl { get; init; }

    /// <summary>The id that a client of Cog's API gave; null for other clients. Free again when the prediction has ended.</summary>
    public string? CogId { get; init; }

    /// <summary>Whether a client waits on the connection, and the job is cancelled when that ends.</summary>
    public bool IsAttached { get; init; }

    /// <summary>The hash of the inputs as they were sent: an Idempotency-Key is for one of them.</summary>
    public string? ContentHash { get; init; }

    /// <summary>The trace that the request belonged to (W3C traceparent); null for none.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>Where to send the states of a prediction. Immutable.</summary>
/// <param name="Url">An http or https address.</param>
/// <param name="Events">Which states.</param>
public sealed record PredictionWebhook(string Url, WebhookEvents Events);

/// <summary>The states that a webhook hears of.</summary>
[Flags]
public enum WebhookEvents
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>It began to run.</summary>
    Start = 1,

    /// <summary>It has a result.</summary>
    Output = 2,

    /// <summary>Its logs grew.</summary>
    Logs = 4,

    /// <summary>It has ended.</summary>
    Completed = 8,

    /// <summary>All of them.</summary>
    All = Start | Output | Logs | Completed,
}
