namespace AceStep.Loras;

/// <summary>Splits a LoRA file's tensor names into the model's module and the part that the tensor plays.</summary>
/// <remarks>Kohya's names have underscores for dots, which cannot be undone by rule: they are looked up in a table built from the model's own names.</remarks>
internal sealed class LoraNames
{
    private static readonly (string Suffix, LoraPart Part)[] Suffixes =
    [
        (".lora_A.default.weight", LoraPart.Down), (".lora_B.default.weight", LoraPart.Up),
        (".lora_A.weight", LoraPart.Down), (".lora_B.weight", LoraPart.Up),
        (".lora_linear_layer.down.weight", LoraPart.Down), (".lora_linear_layer.up.weight", LoraPart.Up),
        (".lora_down.weight", LoraPart.Down), (".lora_up.weight", LoraPart.Up),
        (".lora.down.weight", LoraPart.Down), (".lora.up.weight", LoraPart.Up),
        ("_lora.down.weight", LoraPart.Down), ("_lora.up.weight", LoraPart.Up),
        (".lora_A", LoraPart.Down), (".lora_B", LoraPart.Up),
        (".alpha", LoraPart.Alpha),
    ];

    private static readonly string[] Prefixes =
    [
        "base_model.model.", "model.diffusion_model.", "diffusion_model.", "transformer.", "model.",
    ];

    private const string KohyaPrefix = "lora_unet_";

    private readonly HashSet<string> _modules;
    private readonly Dictionary<string, string> _kohya;

    /// <param name="modules">The names of all of the model's modules that have a weight.</param>
    public LoraNames(IEnumerable<string> modules)
    {
        _modules = [.. modules];
        _kohya = _modules.ToDictionary(module => module.Replace('.', '_'));
    }

    /// <summary>The module and part of a tensor's name; null where the name has no form that is known or the model lacks the module.</summary>
    public (string Module, LoraPart Part)? Parse(string name)
    {
        foreach ((string suffix, LoraPart part) in Suffixes)
        {
            if (name.EndsWith(suffix, StringComparison.Ordinal))
            {
                return Resolve(name[..^suffix.Length]) is { } module ? (module, part) : null;
            }
        }

        return null;
    }

    private string? Resolve(string name)
    {
        if (name.StartsWith(KohyaPrefix, StringComparison.Ordinal))
        {
            return _kohya.GetValueOrDefault(name[KohyaPrefix.Length..]);
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
}

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
