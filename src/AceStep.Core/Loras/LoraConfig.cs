using System.Text.Json;
using System.Text.RegularExpressions;
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
    private const string AlphaKey = "lora_alpha";
    private const string NetworkPrefix = "transformer.";

    // Far more than a config has, which is a few hundred bytes.
    private const int MaximumLength = 1 << 20;

    // More than the model has modules. Each is an automaton of about 350 kB: a file of 1 MiB could ask for gigabytes.
    private const int MostPatterns = 1024;

    private readonly double _alpha;
    private readonly bool _isRankStabilised;
    private readonly List<(Regex Pattern, double Alpha)> _alphaPattern = [];

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
        // As in PEFT, the first match counts.
        int fitting = _alphaPattern.FindIndex(entry => entry.Pattern.IsMatch(module));
        double alpha = fitting < 0 ? _alpha : _alphaPattern[fitting].Alpha;
        return alpha / (_isRankStabilised ? Math.Sqrt(rank) : rank);
    }

    private static LoraConfig? FromFile(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        ReadOnlyMemory<byte> json = JsonFile.Read(path, "a LoRA's config", MaximumLength, rule => new CheckpointFormatException(path, rule));
        string name = Path.GetFileName(path);

        // Any model may have a config.json; only one with "lora_alpha" is a LoRA's. One that is not JSON is an error.
        return name == PublishedFile && json.Span.IndexOf("\"lora_alpha\""u8) < 0 && JsonFile.Foreign(name, json.Span, json.Length) is null ? null : Parse(json, path, name, name);
    }

    private static LoraConfig Parse(ReadOnlyMemory<byte> json, string path, string origin, string subject)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            // In the header of a file that a diffusers pipeline saved, each key begins with the name of the network.
            string prefix = root.TryGetProperty(AlphaKey, out _) ? "" : root.TryGetProperty(NetworkPrefix + AlphaKey, out _) ? NetworkPrefix : "";
            bool isRankStabilised = root.TryGetProperty(prefix + "use_rslora", out JsonElement flag) && flag.ValueKind == JsonValueKind.True;
            LoraConfig config = new(origin, Positive(root.GetProperty(prefix + AlphaKey), AlphaKey), isRankStabilised);
            if (root.TryGetProperty(prefix + "alpha_pattern", out JsonElement pattern) && pattern.ValueKind == JsonValueKind.Object)
            {
                if (pattern.GetPropertyCount() > MostPatterns)
                {
                    throw new CheckpointFormatException(path, $"{subject} must have at most {MostPatterns} entries in alpha_pattern; it has {pattern.GetPropertyCount()}");
                }

                config._alphaPattern.AddRange(pattern.EnumerateObject().Select(entry => (PatternOf(entry.Name), Positive(entry.Value, entry.Name))));
            }

            return config;
        }
        catch (JsonException error)
        {
            throw new CheckpointFormatException(path, JsonFile.Rule(subject, json.Span, error), innerException: error);
        }
        catch (Exception error) when (error is KeyNotFoundException or InvalidOperationException or FormatException or NotSupportedException or RegexParseException)
        {
            throw new CheckpointFormatException(path, $"{subject} must be a LoRA config with a positive lora_alpha", null, error);
        }
    }

    /// <summary>Matches the modules that a key of alpha_pattern means: as in PEFT, the key is a regular expression for the end of their names. Takes time proportional to the name's length.</summary>
    private static Regex PatternOf(string key) => new($@"^(.*\.)?({key})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    private static double Positive(JsonElement value, string name) =>
        value.GetDouble() is > 0 and var number && double.IsFinite(number) ? number : throw new FormatException($"{name} must be positive.");
}
