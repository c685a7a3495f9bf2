using AceStep.Lyrics;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Checkpoints;

/// <summary>Looks at each part of a checkpoint by itself, so that a broken part does not hide the state of the others.</summary>
internal static class CheckpointInspection
{
    /// <summary>The parts of a folder in the released layout.</summary>
    public static IReadOnlyList<CheckpointPart> OfFolder(string folder, MusicPipelineOptions options)
    {
        return
        [
            Network("transformer", CheckpointLayout.Transformer, (config, source) => FitTransformer(TransformerConfig.Load(config), source)),
            Network("autoencoder", CheckpointLayout.Autoencoder, (config, source) => FitAutoencoder(AutoencoderConfig.Load(config), source)),
            Network("vocoder", CheckpointLayout.Vocoder, (config, source) => FitVocoder(VocoderConfig.Load(config), source)),
            Network("text encoder", CheckpointLayout.TextEncoder, (config, source) => FitTextEncoder(Umt5Config.Load(config), source)),
            Table("text tokenizer", Path.Combine(folder, CheckpointLayout.TextEncoderFolder, CheckpointLayout.TokenizerFile), file => $"{Umt5Tokenizer.Load(file).VocabularySize} ids"),
            LyricVocabularyAt(options.LyricVocabulary ?? Path.Combine(folder, CheckpointLayout.LyricVocabularyPath)),
        ];

        CheckpointPart Network(string name, (string Folder, string Weights) place, Func<string, ITensorSource, string> fit)
        {
            string config = Path.Combine(folder, place.Folder, CheckpointLayout.ConfigFile);
            (string weights, string? problem) = WeightFiles.Find(Path.Combine(folder, place.Folder), place.Weights);
            CheckpointPart part = new() { Name = name, File = weights };
            if (problem is not null)
            {
                return part with { Problem = problem };
            }

            return Attempt(part, found =>
            {
                using TensorFiles file = TensorFiles.Open(weights);
                found = Count(found, file);
                return Missing(config) is { } noConfig
                    ? found with { Problem = noConfig }
                    : Attempt(found, fitted => fitted with { Sizes = fit(config, ScaledTensors.From(file)) });
            });
        }
    }

    /// <summary>The parts of ComfyUI's single file.</summary>
    /// <exception cref="CheckpointFormatException">It is malformed, or another model's.</exception>
    public static IReadOnlyList<CheckpointPart> OfFile(string path, MusicPipelineOptions options)
    {
        using MusicCheckpoint checkpoint = MusicCheckpoint.Open(path, options);
        return
        [
            Network("transformer", checkpoint.Transformer, source => FitTransformer(checkpoint.TransformerConfig, source)),
            Network("autoencoder", checkpoint.Autoencoder, source => FitAutoencoder(checkpoint.AutoencoderConfig, source)),
            Network("vocoder", checkpoint.Vocoder, source => FitVocoder(checkpoint.VocoderConfig, source)),
            Network("text encoder", checkpoint.TextEncoder, source => FitTextEncoder(checkpoint.TextEncoderConfig, source)),
            new() { Name = "text tokenizer", File = path, Sizes = $"{checkpoint.Tokenizer.VocabularySize} ids" },
            LyricVocabularyAt(checkpoint.LyricVocabularyPath),
        ];

        CheckpointPart Network(string name, ITensorSource source, Func<ITensorSource, string> fit) =>
            Attempt(Count(new CheckpointPart { Name = name, File = path }, source), part => part with { Sizes = fit(source) });
    }

    private static string FitTransformer(TransformerConfig config, ITensorSource source)
    {
        ModelFit.RequireTransformer(config, source);
        return $"{config.LayerCount} blocks, {config.Width} wide, {config.AttentionHeads} heads; lyrics {config.LyricWidth} wide, {config.LyricVocabularySize} ids";
    }

    private static string FitAutoencoder(AutoencoderConfig config, ITensorSource source)
    {
        ModelFit.RequireAutoencoder(config, source);
        return $"{config.EncoderStages.Count} stages, {config.LatentChannels} latent channels, {config.Downsampling} times smaller";
    }

    private static string FitVocoder(VocoderConfig config, ITensorSource source)
    {
        ModelFit.RequireVocoder(config, source);
        return $"{config.Upsamplings.Count} upsampling stages, {config.MelBins} mel bins, {config.SampleRate} Hz";
    }

    private static string FitTextEncoder(Umt5Config config, ITensorSource source)
    {
        ModelFit.RequireTextEncoder(config, source);
        return $"{config.LayerCount} blocks, {config.Width} wide, {config.VocabularySize} ids";
    }

    private static CheckpointPart LyricVocabularyAt(string path) => Missing(path) is null
        ? Table("lyric vocabulary", path, file => $"{LyricVocabulary.Load(file).Count} ids") with { IsRequired = false }
        : new CheckpointPart { Name = "lyric vocabulary", File = path, IsRequired = false, Problem = MusicCheckpoint.DescribeMissingVocabulary(path) };

    /// <summary>Describes a part that is a table, not a network.</summary>
    private static CheckpointPart Table(string name, string file, Func<string, string> read)
    {
        CheckpointPart part = new() { Name = name, File = file };
        return Missing(file) is { } missing
            ? part with { Problem = missing }
            : Attempt(part with { Bytes = new FileInfo(file).Length }, found => found with { Sizes = read(file) });
    }

    private static CheckpointPart Count(CheckpointPart part, ITensorSource source)
    {
        long parameters = source.Names.Sum(name => Elements(source.Shape(name)));
        return part with
        {
            Tensors = source.Names.Count,
            Parameters = parameters,
            Bytes = source.Names.Sum(source.StoredBytes),
            Types = [.. source.Names.Select(name => TypeName(source, name)).Distinct().Order(StringComparer.Ordinal)],
        };
    }

    private static string TypeName(ITensorSource source, string name)
    {
        string stored = source.StoredType(name);
        return Float8.Is(stored) ? $"float8_{stored[3..].ToLowerInvariant()}" : source.Type(name).ToString().ToLowerInvariant();
    }

    private static long Elements(IReadOnlyList<long> shape) => shape.Aggregate(1L, (product, size) => product * size);

    private static string? Missing(string file) => WeightFiles.IsThere(file) ? null : WeightFiles.WhyMissing(file);

    /// <summary>The part with what was found; if it cannot be read, the part as it was, with the reason.</summary>
    private static CheckpointPart Attempt(CheckpointPart part, Func<CheckpointPart, CheckpointPart> look)
    {
        try
        {
            return look(part);
        }
        catch (Exception error) when (error is CheckpointFormatException or CheckpointMismatchException or IOException or UnauthorizedAccessException or InvalidDataException or System.Text.Json.JsonException)
        {
            return part with { Problem = error.Message };
        }
    }
}
