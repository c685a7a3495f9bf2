namespace AceStep.Checkpoints;

/// <summary>What a file's tensors belong to, as their names tell.</summary>
internal enum TensorKind
{
    /// <summary>Nothing known.</summary>
    Unknown,

    /// <summary>ComfyUI's single file of this model.</summary>
    SingleFile,

    /// <summary>The transformer alone, by its own names.</summary>
    Transformer,

    /// <summary>The text encoder alone.</summary>
    TextEncoder,

    /// <summary>The latent codec alone.</summary>
    Autoencoder,

    /// <summary>The vocoder alone.</summary>
    Vocoder,

    /// <summary>A LoRA or another adapter.</summary>
    Adapter,

    /// <summary>Version 1.5 of the model, or an adapter for it.</summary>
    Version15,

    /// <summary>A song's latents.</summary>
    Latents,
}

/// <summary>Recognises what a file holds by the names of its tensors, and explains it in messages that say what to do.</summary>
internal static class TensorKinds
{
    // Substrings of the names of an adapter's tensors, whatever the module is called.
    private static readonly string[] AdapterParts =
    [
        ".lora_A", ".lora_B", ".lora_down", ".lora_up", ".lora.down", ".lora.up", "_lora.down", "_lora.up", ".lora_linear_layer.",
        ".lokr_", ".hada_", ".oft_", ".ia3_", ".dora_scale", ".lora_magnitude_vector",
    ];

    // Version 1.5 consists of a language model's layers, each with a cross-attention to the text.
    private static readonly string[] Version15Parts = ["cross_attn.q_proj", "cross_attn_q_proj", "timbre_encoder."];

    // Adapters for version 1.5 change its decoder, whose tensor names begin with the layer; adapters for language models have one more word before it.
    private static readonly string[] Version15Adapters = ["base_model.model.layers.", "lycoris_layers_", "lora_unet_layers_"];

    /// <summary>Names version 1.5 in messages.</summary>
    public const string AnotherModel = "of ACE-Step 1.5, another model than ACE-Step v1 (3.5B), which this library runs";

    /// <summary>Recognises a set of tensors by their names.</summary>
    public static TensorKind Of(IReadOnlyCollection<string> names)
    {
        if (names.Any(name => Version15Parts.Any(part => name.Contains(part, StringComparison.Ordinal)) || Version15Adapters.Any(start => name.StartsWith(start, StringComparison.Ordinal))))
        {
            return TensorKind.Version15;
        }

        if (names.Any(name => AdapterParts.Any(part => name.Contains(part, StringComparison.Ordinal))))
        {
            return TensorKind.Adapter;
        }

        return names.Contains(CheckpointLayout.SingleMark) ? TensorKind.SingleFile
            : names.Contains("genre_embedder.weight") ? TensorKind.Transformer
            : names.Contains("encoder.block.0.layer.0.SelfAttention.q.weight") ? TensorKind.TextEncoder
            : names.Contains("encoder.conv_in.weight") && names.Contains("decoder.conv_in.weight") ? TensorKind.Autoencoder
            : names.Contains("backbone.channel_layers.0.0.weight") ? TensorKind.Vocoder
            : names.Contains(MusicLatents.TensorName) ? TensorKind.Latents
            : TensorKind.Unknown;
    }

    /// <summary>Explains why a set of tensors is not a checkpoint: what it is, and what can be done with it.</summary>
    public static string WhyNoCheckpoint(TensorKind kind) => kind switch
    {
        TensorKind.Adapter => "is a LoRA or another adapter: load it with LoadLora (--lora), in addition to a checkpoint",
        TensorKind.Version15 => $"holds weights {AnotherModel}",
        TensorKind.Transformer => "holds only the transformer: give the checkpoint's folder",
        TensorKind.TextEncoder => "holds only the text encoder: give the checkpoint's folder",
        TensorKind.Autoencoder => "holds only the latent codec: give the checkpoint's folder",
        TensorKind.Vocoder => "holds only the vocoder: give the checkpoint's folder",
        TensorKind.Latents => "holds a song's latents: use it as a source",
        _ => "holds another model",
    };

    /// <summary>Explains why a set of tensors is not a LoRA; null if it may be one, which a closer look at its names must tell.</summary>
    public static string? WhyNoLora(TensorKind kind) => kind switch
    {
        TensorKind.SingleFile => "is a whole checkpoint: load it as one (MusicPipeline.LoadAsync, --checkpoint)",
        TensorKind.Transformer or TensorKind.TextEncoder or TensorKind.Autoencoder or TensorKind.Vocoder => "is a part of a checkpoint: load the checkpoint's folder (MusicPipeline.LoadAsync, --checkpoint)",
        TensorKind.Version15 => $"is {AnotherModel}",
        TensorKind.Latents => "holds a song's latents: use it as a source",
        _ => null,
    };
}
