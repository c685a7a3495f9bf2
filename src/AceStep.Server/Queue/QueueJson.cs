using System.Text.Json.Serialization;

namespace AceStep.Server.Queue;

/// <summary>Jobs and results as stored text.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PredictionJob))]
[JsonSerializable(typeof(PredictionOutput))]
internal sealed partial class QueueJson : JsonSerializerContext;
