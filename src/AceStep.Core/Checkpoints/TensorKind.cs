namespace AceStep.Checkpoints;

/// <summary>What a file's tensors belong to, told by their names.</summary>
internal enum TensorKind
{
    /// <summary>Nothing that is known.</summary>
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
