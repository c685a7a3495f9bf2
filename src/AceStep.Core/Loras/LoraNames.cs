using System.Text.RegularExpressions;

namespace AceStep.Loras;

/// <summary>Reads the names of a LoRA file's tensors: which module of the model it belongs to, and which part of the LoRA it is.</summary>
/// <remarks>Kohya's names have underscores in place of dots. Which underscores were dots cannot be told from the name, so it is looked up in a table of the model's names.</remarks>
internal sealed partial class LoraNames
{
    private static readonly (string Suffix, LoraPart Part)[] Suffixes =
    [
        (".lora_A.weight", LoraPart.Down), (".lora_B.weight", LoraPart.Up),
        (".lora_linear_layer.down.weight", LoraPart.Down), (".lora_linear_layer.up.weight", LoraPart.Up),
        (".lora_down.weight", LoraPart.Down), (".lora_up.weight", LoraPart.Up),
        (".lora.down.weight", LoraPart.Down), (".lora.up.weight", LoraPart.Up),
        ("_lora.down.weight", LoraPart.Down), ("_lora.up.weight", LoraPart.Up),
        (".lora_A", LoraPart.Down), (".lora_B", LoraPart.Up),
        (".alpha", LoraPart.Alpha),
    ];

    // The original's trainer writes "transformers.", the name of its field, before each module.
    private static readonly string[] Prefixes =
    [
        "base_model.model.", "model.diffusion_model.", "diffusion_model.", "transformers.", "transformer.", "model.", "module.", "unet.",
    ];

    private static readonly string[] KohyaPrefixes = ["lora_unet_", "lora_transformer_", "lycoris_"];

    // Substrings of tensor names by which other kinds of adapters are recognised.
    private static readonly (string Part, string Kind)[] OtherKinds =
    [
        (".dora_scale", "a DoRA"), (".lora_magnitude_vector", "a DoRA"), (".lokr_", "a LoKr"), (".hada_", "a LoHa"), (".oft_", "an OFT adapter"), (".ia3_", "an IA3 adapter"),
        (".lora_mid", "a LoRA of three factors (Tucker)"), (".lora_embedding_", "a LoRA of embeddings"),
    ];

    private readonly HashSet<string> _modules;
    private readonly Dictionary<string, string> _kohya;

    /// <param name="modules">The names of all of the model's modules that have a weight.</param>
    public LoraNames(IEnumerable<string> modules)
    {
        _modules = [.. modules];
        _kohya = _modules.ToDictionary(module => module.Replace('.', '_'));
    }

    /// <summary>The kind of adapter that a tensor belongs to, if it is not a plain LoRA; otherwise null.</summary>
    public static string? OtherKindOf(string name) =>
        name.EndsWith(".diff", StringComparison.Ordinal) || name.EndsWith(".diff_b", StringComparison.Ordinal)
            ? "an adapter with whole differences"
            : OtherKinds.FirstOrDefault(kind => name.Contains(kind.Part, StringComparison.Ordinal)).Kind;

    /// <summary>Reads a tensor's name; null if its form is unknown or the model lacks the module.</summary>
    public LoraName? Parse(string name)
    {
        if (Named().Match(name) is { Success: true } match)
        {
            LoraPart part = match.Groups["factor"].ValueSpan is "A" ? LoraPart.Down : LoraPart.Up;
            return Resolve(match.Groups["module"].Value) is { } found ? new LoraName(found, part, match.Groups["adapter"].Value) : null;
        }

        foreach ((string suffix, LoraPart part) in Suffixes)
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal))
            {
                return Resolve(name[..^suffix.Length]) is { } module ? new LoraName(module, part, null) : null;
            }
        }

        return null;
    }

    private string? Resolve(string name)
    {
        if (KohyaPrefixes.FirstOrDefault(prefix => name.StartsWith(prefix, StringComparison.Ordinal)) is { } kohya)
        {
            return _kohya.GetValueOrDefault(name[kohya.Length..]);
        }

        // There may be several prefixes ("base_model.model.transformer."), and a name without any may begin like one ("transformer_blocks").
        for (string? candidate = name; candidate is not null; candidate = WithoutPrefix(candidate))
        {
            if (_modules.Contains(candidate))
            {
                return candidate;
            }

            // The older diffusers form "attn.to_out_lora" leaves out the layer's index.
            if (_modules.Contains(candidate + ".0"))
            {
                return candidate + ".0";
            }
        }

        return null;
    }

    private static string? WithoutPrefix(string name)
    {
        foreach (string prefix in Prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                return name[prefix.Length..];
            }
        }

        return null;
    }

    /// <summary>Names as PEFT writes them, with the adapter's name before the last word: usually "default"; "lora_adapter" by the original's trainer.</summary>
    [GeneratedRegex(@"^(?<module>.+)\.lora_(?<factor>[AB])\.(?<adapter>[^.]+)\.weight\z", RegexOptions.CultureInvariant)]
    private static partial Regex Named();
}

/// <summary>The meaning of a LoRA tensor's name.</summary>
/// <param name="Module">The model's module.</param>
/// <param name="Part">The tensor's part in the module's LoRA.</param>
/// <param name="Adapter">The adapter's name; null if the tensor's name has none.</param>
internal readonly record struct LoraName(string Module, LoraPart Part, string? Adapter);

/// <summary>A tensor's part in a module's LoRA.</summary>
internal enum LoraPart
{
    /// <summary>A: [rank, in].</summary>
    Down,

    /// <summary>B: [out, rank].</summary>
    Up,

    /// <summary>A scalar: the scale is alpha / rank.</summary>
    Alpha,
}
