using System.Text.Json;
using AceStep.Models;

namespace AceStep.Loras;

/// <summary>
/// The scale that a LoRA was trained with: from the file's header (<c>lora_adapter_metadata</c>, written by newer diffusers
/// releases), or from PEFT's <c>adapter_config.json</c> or the published <c>config.json</c> beside the weights.
/// </summary>
internal sealed class LoraConfig
{
    private const string HeaderKey = "lora_adapter_metadata";
    private const string PeftFile = "adapter_config.json";
    private const string PublishedFile = "config.json";

    // Far more than a config has, which is a few hundred bytes.
    private const long MaximumLength = 1 << 20;

    private readonly double _alpha;
    private readonly bool _isRankStabilised;
    private readonly Dictionary<string, double> _alphaPattern = [];

    private LoraConfig(string origin, double alpha, bool isRankStabilised)
    {
        Origin = origin;
        _alpha = alpha;
        _isRankStabilised = isRankStabilised;
    }

    /// <summary>Where it was found, for messages: "the file's header", "adapter_config.json".</summary>
    public string Origin { get; }

    /// <summary>Finds the config of a file; null if there is none.</summary>
    /// <param name="file">The file.</param>
    /// <param name="isNeeded">Whether its scale is used. If not, an unreadable config is ignored.</param>
    /// <exception cref="CheckpointFormatException">It is needed, and has no positive alpha.</exception>
    public static LoraConfig? Find(SafetensorsFile file, bool isNeeded)
    {
        try
        {
            return Find(file);
        }
        catch (CheckpointFormatException) when (!isNeeded)
        {
            return null;
        }
    }

    private static LoraConfig? Find(SafetensorsFile file)
    {
        if (file.Metadata.TryGetValue(HeaderKey, out string? text))
        {
            return Parse(System.Text.Encoding.UTF8.GetBytes(text), file.Path, "the file's header", $"the header's {HeaderKey}");
        }

        // If there are other weights in the folder, the config may belong to them.
        string folder = Path.GetDirectoryName(file.Path)!;
        if (Directory.EnumerateFiles(folder, "*.safetensors").Take(2).Count() > 1)
        {
            return null;
        }

        return FromFile(Path.Combine(folder, PeftFile)) ?? FromFile(Path.Combine(folder, PublishedFile));
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

    private static LoraConfig? FromFile(string path)
    {
        FileInfo file = new(path);
        if (!file.Exists)
        {
            return null;
        }

        if (file.Length > MaximumLength)
        {
            throw new CheckpointFormatException(path, $"a LoRA's config must have at most {MaximumLength} bytes; it has {file.Length}");
        }

        byte[] json = File.ReadAllBytes(path);
        string name = Path.GetFileName(path);

        // Any model may have a config.json; only one with "lora_alpha" is a LoRA's.
        return name == PublishedFile && json.AsSpan().IndexOf("\"lora_alpha\""u8) < 0 ? null : Parse(json, path, name, name);
    }

    private static LoraConfig Parse(ReadOnlyMemory<byte> json, string path, string origin, string subject)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            bool isRankStabilised = root.TryGetProperty("use_rslora", out JsonElement flag) && flag.ValueKind == JsonValueKind.True;
            LoraConfig config = new(origin, Positive(root.GetProperty("lora_alpha"), "lora_alpha"), isRankStabilised);
            if (root.TryGetProperty("alpha_pattern", out JsonElement pattern) && pattern.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty entry in pattern.EnumerateObject())
                {
                    config._alphaPattern[entry.Name] = Positive(entry.Value, entry.Name);
                }
            }

            return config;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CheckpointFormatException(path, $"{subject} must be a LoRA config with a positive lora_alpha", null, error);
        }
    }

    private static double Positive(JsonElement value, string name) =>
        value.GetDouble() is > 0 and var number && double.IsFinite(number) ? number : throw new FormatException($"{name} must be positive.");
}
