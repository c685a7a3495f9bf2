using AceStep.Models;

namespace AceStep.Checkpoints;

/// <summary>The released model's configs, for a single file that has none beside it (the text encoder's sizes follow from its tensors). They are resources of this assembly.</summary>
internal static class ReleasedConfigs
{
    public static TransformerConfig Transformer => TransformerConfig.Parse(Read(CheckpointLayout.TransformerFolder), Name(CheckpointLayout.TransformerFolder));

    public static AutoencoderConfig Autoencoder => AutoencoderConfig.Parse(Read(CheckpointLayout.AutoencoderFolder), Name(CheckpointLayout.AutoencoderFolder));

    public static VocoderConfig Vocoder => VocoderConfig.Parse(Read(CheckpointLayout.VocoderFolder), Name(CheckpointLayout.VocoderFolder));

    private static string Name(string part) => $"released/{part}/{CheckpointLayout.ConfigFile}";

    private static byte[] Read(string part)
    {
        using Stream stream = typeof(ReleasedConfigs).Assembly.GetManifestResourceStream(Name(part))!;
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
