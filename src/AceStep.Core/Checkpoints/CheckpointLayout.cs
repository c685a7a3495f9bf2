using AceStep.Models;

namespace AceStep.Checkpoints;

/// <summary>Names of files and tensors in a checkpoint of the released layout and in ComfyUI's single file.</summary>
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

    /// <summary>The tensor by which ComfyUI's file of this model is recognised.</summary>
    public const string SingleMark = SingleTransformerPrefix + "genre_embedder.weight";

    // The networks of the released layout: folder and weights.
    public static readonly (string Folder, string Weights) Transformer = (TransformerFolder, DiffusersWeights);
    public static readonly (string Folder, string Weights) Autoencoder = (AutoencoderFolder, DiffusersWeights);
    public static readonly (string Folder, string Weights) Vocoder = (VocoderFolder, DiffusersWeights);
    public static readonly (string Folder, string Weights) TextEncoder = (TextEncoderFolder, TransformersWeights);

    /// <summary>The networks of the released layout; all are needed.</summary>
    public static readonly (string Folder, string Weights)[] Parts = [Transformer, Autoencoder, Vocoder, TextEncoder];
}

/// <summary>Finds the weights in a part's folder: the file with the released name, a set of shards, or the only safetensors file.</summary>
internal static class WeightFiles
{
    // Extensions of weight files in other formats, which people may have instead.
    private static readonly string[] OtherEndings = [".bin", ".ckpt", ".pt", ".pth", ".gguf"];

    /// <summary>Finds a part's weights.</summary>
    /// <param name="folder">The part's folder.</param>
    /// <param name="name">The released file's name.</param>
    /// <returns>The file, index or shard to open. If there is none: the path where the released file would be, and the problem.</returns>
    public static (string Path, string? Problem) Find(string folder, string name)
    {
        string released = Path.Combine(folder, name);
        string index = Path.Combine(folder, Path.GetFileNameWithoutExtension(name) + ShardNames.IndexEnding);
        if (IsThere(released) || Directory.Exists(released))
        {
            return (released, null);
        }

        if (IsThere(index))
        {
            return (index, null);
        }

        string[] files = Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Where(IsThere).Order(StringComparer.Ordinal)] : [];
        string[] candidates =
        [
            .. files.Where(file => ShardNames.IsIndex(file)),
            .. files.Where(file => file.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)).GroupBy(SetOf).Where(set => set.Key == set.First() || !files.Contains(set.Key)).Select(set => set.First()),
        ];
        return candidates switch
        {
            [string only] => (only, null),
            [] => (released, WhyMissing(released, files)),
            _ => (released, $"Several files could be the right one: {string.Join(", ", candidates.Take(5).Select(Path.GetFileName))}. Rename the right one to {name}."),
        };
    }

    /// <summary>Explains why a file is missing.</summary>
    public static string WhyMissing(string path)
    {
        string? folder = Path.GetDirectoryName(Path.GetFullPath(path));
        return WhyMissing(path, Directory.Exists(folder) ? Directory.GetFiles(folder) : []);
    }

    private static string WhyMissing(string path, string[] files)
    {
        if (BrokenLink(path) is { } target)
        {
            return $"The file is a link to {target}, which does not exist.";
        }

        string? other = files.FirstOrDefault(file => path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) && OtherEndings.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase));
        return other is null
            ? "The file is missing."
            : $"The file is missing. {Path.GetFileName(other)} cannot take its place: weights must be a safetensors file.";
    }

    /// <summary>Whether a file exists. A broken symbolic link does not count, although the system says that it exists.</summary>
    public static bool IsThere(string path) => File.Exists(path) && BrokenLink(path) is null;

    /// <summary>The target of a broken symbolic link; null if the path is not a link, or its target exists.</summary>
    public static string? BrokenLink(string path)
    {
        try
        {
            FileInfo file = new(path);
            return file.LinkTarget is { } target && file.ResolveLinkTarget(returnFinalTarget: true)?.Exists != true ? target : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The index of the set of shards that a file belongs to; for other files the file itself.</summary>
    private static string SetOf(string file) => ShardNames.IndexOf(file) ?? file;
}
