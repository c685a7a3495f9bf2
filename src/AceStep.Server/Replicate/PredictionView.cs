using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using AceStep.Server.Queue;

namespace AceStep.Server.Replicate;

/// <summary>A prediction as Replicate's API shows it, with a few members of our own at the end, which its clients leave alone.</summary>
internal sealed record PredictionView
{
    public required string Id { get; init; }

    public required string Model { get; init; }

    public required string Version { get; init; }

    public required JsonElement Input { get; init; }

    public string? Output { get; init; }

    public string? Error { get; init; }

    public required string Logs { get; init; }

    public required string Status { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? StartedAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? CompletedAt { get; init; }

    public required bool DataRemoved { get; init; }

    public required Dictionary<string, double> Metrics { get; init; }

    public required string Source { get; init; }

    public required PredictionUrls Urls { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Deadline { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Webhook { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string[]? WebhookEventsFilter { get; init; }

    /// <summary>Ours: where it stands while it waits.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public QueuePlace? Queue { get; init; }

    /// <summary>Ours: how far it has come while it runs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProgressView? Progress { get; init; }

    /// <summary>Ours: the song, once there is one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SongView? Song { get; init; }
}

/// <summary>The addresses of a prediction; none of them is ever null.</summary>
internal sealed record PredictionUrls(string Get, string Cancel, string Web, string Stream);

/// <summary>A prediction's place in the queue.</summary>
/// <param name="Ahead">Predictions before it.</param>
/// <param name="StartsIn">Seconds until it begins, estimated; null where nothing is known yet.</param>
internal sealed record QueuePlace(int Ahead, double? StartsIn);

/// <summary>How far a prediction has come.</summary>
/// <param name="Stage">What is being done: loading, encoding_source, conditioning, denoising, decoding.</param>
/// <param name="Completed">Units of the stage done.</param>
/// <param name="Total">Units of the stage.</param>
/// <param name="Remaining">Seconds to the stage's end, estimated.</param>
internal sealed record ProgressView(string Stage, long Completed, long Total, double? Remaining);

/// <summary>A song.</summary>
/// <param name="Url">Where it is, on plain http too; other formats by the ending: .wav, .mp3, .ogg, .flac.</param>
/// <param name="ContentType">Its media type.</param>
/// <param name="Bytes">The file's size.</param>
/// <param name="Seconds">How long it sounds.</param>
/// <param name="SampleRate">Samples per second.</param>
/// <param name="Seed">The seed that made it.</param>
/// <param name="VariationSeed">The second seed that made it, where the task has one.</param>
internal sealed record SongView(string Url, string ContentType, long Bytes, double Seconds, int SampleRate, long Seed, long VariationSeed);

/// <summary>A page of a list.</summary>
internal sealed record Page<T>(string? Previous, string? Next, IReadOnlyList<T> Results);

/// <summary>An uploaded file as the API shows it.</summary>
internal sealed record FileView
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string ContentType { get; init; }

    public required long Size { get; init; }

    public required string Etag { get; init; }

    public required Dictionary<string, string> Checksums { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public required Dictionary<string, string> Urls { get; init; }
}

/// <summary>What the API says, as text.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TimeConverter)])]
[JsonSerializable(typeof(PredictionView))]
[JsonSerializable(typeof(Page<PredictionView>))]
[JsonSerializable(typeof(FileView))]
[JsonSerializable(typeof(Page<FileView>))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class ReplicateJson : JsonSerializerContext;

/// <summary>Times as every client reads them: UTC, six digits of a second, always.</summary>
internal sealed class TimeConverter : JsonConverter<DateTimeOffset>
{
    public const string Form = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture));
}
