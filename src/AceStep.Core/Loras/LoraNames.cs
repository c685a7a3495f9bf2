using System.Text.RegularExpressions;

namespace AceStep.Loras;

/// <summary>Splits a LoRA file's tensor names into the model's module and the part that the tensor plays.</summary>
/// <remarks>Kohya's names have underscores for dots, which cannot be undone by rule: they are looked up in a table built from the model's own names.</remarks>
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

    // The original's own trainer writes its field's name, "transformers", before each module.
    private static readonly string[] Prefixes =
    [
        "base_model.model.", "model.diffusion_model.", "diffusion_model.", "transformers.", "transformer.", "model.", "module.", "unet.",
    ];

    private static readonly string[] KohyaPrefixes = ["lora_unet_", "lora_transformer_", "lycoris_"];

    // Parts of names that tell another kind of adapter, and what it is.
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

    /// <summary>The kind of adapter that a tensor belongs to, where it is another than a plain LoRA.</summary>
    public static string? OtherKindOf(string name) =>
        name.EndsWith(".diff", StringComparison.Ordinal) || name.EndsWith(".diff_b", StringComparison.Ordinal)
            ? "an adapter with whole differences"
            : OtherKinds.FirstOrDefault(kind => name.Contains(kind.Part, StringComparison.Ordinal)).Kind;

    /// <summary>The module and part of a tensor's name; null where the name has no form that is known or the model lacks the module.</summary>
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

        // Prefixes may be stacked ("base_model.model.transformer."), and a bare name may begin like one ("transformer_blocks").
        for (string? candidate = name; candidate is not null; candidate = WithoutPrefix(candidate))
        {
            if (_modules.Contains(candidate))
            {
                return candidate;
            }

            // The old diffusers form "attn.to_out_lora" names the layer without its index.
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

    /// <summary>PEFT's own names: the adapter's stands before the last word, "default" as a rule, "lora_adapter" by the original's trainer.</summary>
    [GeneratedRegex(@"^(?<module>.+)\.lora_(?<factor>[AB])\.(?<adapter>[^.]+)\.weight$", RegexOptions.CultureInvariant)]
    private static partial Regex Named();
}

/// <summary>What the name of a LoRA file's tensor says.</summary>
/// <param name="Module">The model's module.</param>
/// <param name="Part">The part that the tensor plays for it.</param>
/// <param name="Adapter">The adapter that it belongs to; null where the name has none.</param>
internal readonly record struct LoraName(string Module, LoraPart Part, string? Adapter);

/// <summary>The part that a tensor of a LoRA file plays for its module.</summary>
internal enum LoraPart
{
    /// <summary>A: [rank, in].</summary>
    Down,

    /// <summary>B: [out, rank].</summary>
    Up,

    /// <summary>A scalar: the scale is alpha / rank.</summary>
    Alpha,
}
