using System.Text.Json;
using TorchSharp;

namespace AceStep.Models;

/// <summary>
/// Tensors that ComfyUI's tools have stored as eight-bit floats with one scale each, as the values that they represent: stored value
/// times scale. The scales and what else belongs to them (scales of inputs, marks) are not among the names.
/// </summary>
/// <remarks>The source stays its owner's; as safe for several threads as the source is.</remarks>
internal sealed class ScaledTensors : ITensorSource
{
    private const string Weight = "weight";
    private const string FileMark = "scaled_fp8";
    private const string LayerMark = "comfy_quant";

    // The older and the newer spelling. The scales of inputs are for programs that multiply in eight bits.
    private static readonly string[] Scales = ["scale_weight", "weight_scale"];
    private static readonly string[] InputScales = ["scale_input", "input_scale"];

    private readonly ITensorSource _source;
    private readonly Dictionary<string, string> _scales;

    private ScaledTensors(ITensorSource source, Dictionary<string, string> scales, HashSet<string> others)
    {
        _source = source;
        _scales = scales;
        others.UnionWith(scales.Values);
        Names = [.. source.Names.Where(name => !others.Contains(name))];
    }

    /// <inheritdoc/>
    public string Origin => _source.Origin;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names { get; }

    /// <summary>The source itself where nothing in it is scaled.</summary>
    /// <exception cref="CheckpointFormatException">A scale is not one number for the whole of its tensor, or the quantisation is another; names it.</exception>
    public static ITensorSource From(ITensorSource source)
    {
        HashSet<string> names = [.. source.Names];
        Dictionary<string, string> scales = new(StringComparer.Ordinal);
        HashSet<string> others = new(StringComparer.Ordinal);
        foreach (string name in names)
        {
            int dot = name.LastIndexOf('.');
            string part = name[(dot + 1)..];
            string weight = name[..(dot + 1)] + Weight;
            if (part == FileMark || (InputScales.Contains(part) && names.Contains(weight)))
            {
                others.Add(name);
            }
            else if (part == LayerMark)
            {
                RequireKnown(source, name);
                others.Add(name);
            }
            else if (Scales.Contains(part) && names.Contains(weight))
            {
                RequirePlain(source, name, weight);
                scales[weight] = name;
            }
        }

        return scales.Count + others.Count == 0 ? source : new ScaledTensors(source, scales, others);
    }

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape(string name) => _source.Shape(name);

    /// <inheritdoc/>
    public torch.ScalarType Type(string name) => _source.Type(name);

    /// <inheritdoc/>
    public string StoredType(string name) => _source.StoredType(name);

    /// <inheritdoc/>
    public long StoredBytes(string name) => _source.StoredBytes(name);

    /// <inheritdoc/>
    public void Read(string name, torch.Tensor destination)
    {
        if (!_scales.TryGetValue(name, out string? scale))
        {
            _source.Read(name, destination);
            return;
        }

        // In float32, so that the product is rounded once: libtorch rounds the factor of a narrower product, too.
        using var noGrad = torch.no_grad();
        using torch.Tensor product = torch.empty(destination.shape, dtype: torch.float32, device: destination.device);
        _source.Read(name, product);
        destination.copy_(product.MultiplyInPlace(ReadScale(scale)));
    }

    private double ReadScale(string name)
    {
        using torch.Tensor stored = torch.empty([.. _source.Shape(name)], dtype: torch.float64, device: torch.CPU);
        _source.Read(name, stored);
        double scale = stored.data<double>()[0];
        return double.IsFinite(scale) ? scale : throw new CheckpointFormatException(Origin, FormattableString.Invariant($"a scale must be a finite number; it is {scale}"), name);
    }

    private static void RequirePlain(ITensorSource source, string name, string weight)
    {
        IReadOnlyList<long> shape = source.Shape(name);
        if (!Float8.Is(source.StoredType(weight)))
        {
            throw new CheckpointFormatException(source.Origin, $"scaled weights are read in F8_E4M3 and F8_E5M2 only; {weight} is {source.StoredType(weight)}", name);
        }

        if (shape.Any(size => size != 1) || !SafetensorsType.IsFloat(source.Type(name)))
        {
            throw new CheckpointFormatException(
                source.Origin, $"scales are read where they are one number for a whole tensor; this one is {source.StoredType(name)} [{string.Join(", ", shape)}]. Use a file in BF16, F16 or with plain scales", name);
        }
    }

    /// <summary>The newer form says in a few bytes of JSON beside each layer how its weight is stored.</summary>
    private static void RequireKnown(ITensorSource source, string name)
    {
        IReadOnlyList<long> shape = source.Shape(name);
        string format = "unknown";
        if (shape is [> 0 and <= 4096] && source.Type(name) == torch.ScalarType.Byte)
        {
            Libtorch.Initialize();
            using torch.Tensor json = torch.empty([.. shape], dtype: torch.ScalarType.Byte, device: torch.CPU);
            source.Read(name, json);
            format = FormatOf(json.bytes);
        }

        if (format is not ("float8_e4m3fn" or "float8_e5m2"))
        {
            throw new CheckpointFormatException(
                source.Origin, $"quantised weights are read as float8_e4m3fn and float8_e5m2; these are \"{CheckpointFormatException.Shorten(format)}\". Use a file in BF16, F16 or F8", name);
        }
    }

    private static string FormatOf(ReadOnlySpan<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json.ToArray());
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("format", out JsonElement format) && format.ValueKind == JsonValueKind.String
                ? format.GetString()!
                : "unknown";
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return "unknown";
        }
    }
}
