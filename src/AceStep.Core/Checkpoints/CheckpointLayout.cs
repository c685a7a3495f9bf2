using AceStep.Models;

namespace AceStep.Checkpoints;

/// <summary>Names within a checkpoint in the released layout, and within ComfyUI's single file.</summary>
internal static class CheckpointLayout
{
    public const string TransformerFolder = "ace_step_transformer";
    public const string AutoencoderFolder = "music_dcae_f8c8";
    public const string VocoderFolder = "music_vocoder";
    public const string TextEncoderFolder = "umt5-base";
    public const string ConfigFile = "config.json";
    public const string DiffusersWeights = "diffusion_pytorch_model.safetensors";
    public const string TransformersWeights = "model.safetensors";
    public const string TokenizerFile = "tokenizer.json";
    public const string LyricVocabularyFile = "vocab.json";

    public static readonly string LyricVocabularyPath = Path.Combine("lyric_tokenizer", LyricVocabularyFile);

    public const string SingleTransformerPrefix = "model.diffusion_model.";
    public const string SingleAutoencoderPrefix = "vae.dcae.";
    public const string SingleVocoderPrefix = "vae.vocoder.";
    public const string SingleTextEncoderPrefix = "text_encoders.umt5base.transformer.";
    public const string SingleSentencePieceName = "text_encoders.spiece_model";

    /// <summary>Tensors of ComfyUI's file that no part of the model reads.</summary>
    public static readonly string[] SingleUnused = ["text_encoders.umt5base.logit_scale", SingleSentencePieceName, "scaled_fp8", "text_encoders.umt5base.scaled_fp8"];

    /// <summary>The tensor by which ComfyUI's file of this model is known.</summary>
    public const string SingleMark = SingleTransformerPrefix + "genre_embedder.weight";

    // The networks of the released layout: folder and weights.
    public static readonly (string Folder, string Weights) Transformer = (TransformerFolder, DiffusersWeights);
    public static readonly (string Folder, string Weights) Autoencoder = (AutoencoderFolder, DiffusersWeights);
    public static readonly (string Folder, string Weights) Vocoder = (VocoderFolder, DiffusersWeights);
    public static readonly (string Folder, string Weights) TextEncoder = (TextEncoderFolder, TransformersWeights);

    /// <summary>The networks of the released layout; all are needed.</summary>
    public static readonly (string Folder, string Weights)[] Parts = [Transformer, Autoencoder, Vocoder, TextEncoder];
}
