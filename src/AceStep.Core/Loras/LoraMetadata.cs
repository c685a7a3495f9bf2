using System.Text.Json;
using AceStep.Models;

namespace AceStep.Loras;

/// <summary>The LoRA config that newer diffusers releases keep in a file's header (<c>lora_adapter_metadata</c>).</summary>
internal sealed class LoraMetadata
{
    private const string HeaderKey = "lora_adapter_metadata";

    private readonly double _alpha;
    private readonly bool _isRankStabilised;
    private readonly Dictionary<string, double> _alphaPattern = [];

    private LoraMetadata(double alpha, bool isRankStabilised)
    {
        _alpha = alpha;
        _isRankStabilised = isRankStabilised;
    }

    /// <summary>Reads the header of a file; null where it has no config.</summary>
    public static LoraMetadata? Read(SafetensorsFile file)
    {
        if (!file.Metadata.TryGetValue(HeaderKey, out string? text))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement root = document.RootElement;
            bool isRankStabilised = root.TryGetProperty("use_rslora", out JsonElement flag) && flag.ValueKind == JsonValueKind.True;
            LoraMetadata metadata = new(Positive(root.GetProperty("lora_alpha"), "lora_alpha"), isRankStabilised);
            if (root.TryGetProperty("alpha_pattern", out JsonElement pattern) && pattern.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty entry in pattern.EnumerateObject())
                {
                    metadata._alphaPattern[entry.Name] = Positive(entry.Value, entry.Name);
                }
            }

            return metadata;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CheckpointFormatException(file.Path, $"the header's {HeaderKey} must be a LoRA config with a positive lora_alpha", null, error);
        }
    }

    /// <summary>The scale of a module: alpha / rank, or alpha / sqrt(rank) for rank-stabilised LoRA.</summary>
    public double Scale(string module, int rank)
    {
        double alpha = _alpha;
        foreach ((string pattern, double value) in _alphaPattern)
        {
            if (module == pattern || module.EndsWith("." + pattern, StringComparison.Ordinal))
            {
                alpha = value;
            }
        }

        return alpha / (_isRankStabilised ? Math.Sqrt(rank) : rank);
    }

    private static double Positive(JsonElement value, string name) =>
        value.GetDouble() is > 0 and var number && double.IsFinite(number) ? number : throw new FormatException($"{name} must be positive.");
}
