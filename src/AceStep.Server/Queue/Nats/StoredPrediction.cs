using System.Text.Json;
using System.Text.Json.Serialization;

namespace AceStep.Server.Queue.Nats;

/// <summary>A prediction as the server keeps it: the record, and what only workers look at. Immutable.</summary>
internal sealed record StoredPrediction
{
    public required PredictionRecord Record { get; init; }

    /// <summary>How often its worker has died.</summary>
    public int Deaths { get; init; }

    /// <summary>The number of the delivery under which it was claimed: only a later one may take it over.</summary>
    public ulong Delivered { get; init; }

    /// <summary>Who holds it, with <see cref="PredictionRecord.Attempt"/>: a word that no two claims share.</summary>
    public string? Claim { get; init; }

    /// <summary>Its state in words.</summary>
    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, NatsJson.Default.StoredPrediction);

    /// <exception cref="InvalidDataException">The words are none of this program's.</exception>
    public static StoredPrediction Parse(ReadOnlySpan<byte> bytes, ulong revision)
    {
        try
        {
            StoredPrediction stored = JsonSerializer.Deserialize(bytes, NatsJson.Default.StoredPrediction) ?? throw new JsonException("It is null.");
            return stored with { Record = stored.Record with { Revision = revision } };
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"A record in the queue cannot be read: {error.Message}", error);
        }
    }
}

/// <summary>How far a running prediction has come, as it is told: the logs are those since the record was last stored. Immutable.</summary>
/// <param name="Attempt">The attempt that tells it.</param>
/// <param name="Progress">How far it has come.</param>
/// <param name="Offset">Where the text begins in the logs.</param>
/// <param name="Text">The logs from there.</param>
internal sealed record ProgressNote(int Attempt, PredictionProgress Progress, int Offset, string Text);

/// <summary>A job that a worker passes on. Immutable.</summary>
/// <param name="AckSubject">Where its acknowledgement goes.</param>
/// <param name="Ticket">Its place in the stream.</param>
/// <param name="Delivered">How often it was delivered.</param>
/// <param name="Job">What was accepted.</param>
internal sealed record JobDelivery(string AckSubject, ulong Ticket, ulong Delivered, PredictionJob Job)
{
    /// <summary>Whether it came from another worker, and is not passed on again.</summary>
    [JsonIgnore]
    public bool IsOffered { get; init; }
}

/// <summary>What goes to the server and comes from it. Enumerations by name: programs of two versions may share a queue.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(PredictionJob))]
[JsonSerializable(typeof(StoredPrediction))]
[JsonSerializable(typeof(ProgressNote))]
[JsonSerializable(typeof(JobDelivery))]
[JsonSerializable(typeof(WorkerState))]
internal sealed partial class NatsJson : JsonSerializerContext;
