using AceStep.Models;

namespace AceStep.Checkpoints;

/// <summary>An opened checkpoint: the released folder, or ComfyUI's single file. Its files stay open until it is disposed of.</summary>
internal sealed class MusicCheckpoint : IDisposable
{
    /// <summary>Where the model and its lyric vocabulary can be downloaded; a part of messages.</summary>
    public const string WhereToGet =
        "The released checkpoint (8.3 GB, Apache-2.0) is ACE-Step/ACE-Step-v1-3.5B on Hugging Face; give that name to download it.";

    private const string WhereToGetVocabulary =
        "It is acestep/models/lyrics_utils/vocab.json in the source of ace-step/ACE-Step (Apache-2.0); 'acestep download lyric-vocabulary' downloads it.";

    private readonly IReadOnlyList<TensorFiles> _files;

    /// <summary>Takes ownership of the opened files.</summary>
    private MusicCheckpoint(IReadOnlyList<TensorFiles> files) => _files = files;

    /// <summary>The folder or file.</summary>
    public required string Path { get; init; }

    /// <summary>Whether this is ComfyUI's single file.</summary>
    public required bool IsSingleFile { get; init; }

    /// <summary>The lyric vocabulary's path. Whether the file exists is checked when lyrics need it.</summary>
    public required string LyricVocabularyPath { get; init; }

    /// <exception cref="CheckpointFormatException">There are no configs, and the tensors' shapes contradict each other.</exception>
    public TransformerConfig TransformerConfig => Configs.Transformer.Value;

    /// <inheritdoc cref="TransformerConfig" />
    public AutoencoderConfig AutoencoderConfig => Configs.Autoencoder.Value;

    /// <inheritdoc cref="TransformerConfig" />
    public VocoderConfig VocoderConfig => Configs.Vocoder.Value;

    public required Umt5Config TextEncoderConfig { get; init; }

    public required NetworkConfigs Configs { private get; init; }

    public required ITensorSource Transformer { get; init; }

    public required ITensorSource Autoencoder { get; init; }

    public required ITensorSource Vocoder { get; init; }

    public required ITensorSource TextEncoder { get; init; }

    public required Umt5Tokenizer Tokenizer { get; init; }

    /// <summary>Opens a checkpoint: headers and configs are read and checked, no weights.</summary>
    /// <param name="path">The folder or file, or a folder that holds exactly one of them: see <see cref="CheckpointFinder"/>.</param>
    /// <param name="options">Paths of the configs and the lyric vocabulary, if they are not in their usual places.</param>
    /// <exception cref="FileNotFoundException">A file is missing; all missing ones are named.</exception>
    /// <exception cref="CheckpointFormatException">A file is malformed.</exception>
    public static MusicCheckpoint Open(string path, MusicPipelineOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string found = CheckpointFinder.Find(path);
        List<TensorFiles> files = [];
        try
        {
            return Directory.Exists(found) ? OpenFolder(found, options, files) : OpenSingleFile(found, options, files);
        }
        catch
        {
            Close(files);
            throw;
        }
    }

    /// <summary>The message for a path at which there is nothing.</summary>
    public static string DescribeMissing(string path) => $"There is no checkpoint at {path}: neither a folder nor a file. {WhereToGet}";

    /// <summary>The message for lyrics without a vocabulary.</summary>
    public static string DescribeMissingVocabulary(string path) =>
        $"Lyrics need the lyric vocabulary, and {path} is missing. {WhereToGetVocabulary}";

    public void Dispose() => Close(_files);

    private static MusicCheckpoint OpenFolder(string folder, MusicPipelineOptions options, List<TensorFiles> files)
    {
        string[] missing = [.. MissingFrom(folder)];
        if (missing.Length > 0)
        {
            throw new FileNotFoundException($"The checkpoint {folder} lacks {string.Join(", ", missing)}. {WhereToGet}");
        }

        return new MusicCheckpoint(files)
        {
            Path = folder,
            IsSingleFile = false,
            LyricVocabularyPath = options.LyricVocabulary ?? System.IO.Path.Combine(folder, CheckpointLayout.LyricVocabularyPath),
            Configs = LoadConfigs(folder),
            TextEncoderConfig = Umt5Config.Load(ConfigPath(folder, CheckpointLayout.TextEncoderFolder)),
            Transformer = OpenPart(CheckpointLayout.Transformer),
            Autoencoder = OpenPart(CheckpointLayout.Autoencoder),
            Vocoder = OpenPart(CheckpointLayout.Vocoder),
            TextEncoder = OpenPart(CheckpointLayout.TextEncoder),
            Tokenizer = Umt5Tokenizer.Load(System.IO.Path.Combine(folder, CheckpointLayout.TextEncoderFolder, CheckpointLayout.TokenizerFile)),
        };

        ITensorSource OpenPart((string Folder, string Weights) part)
        {
            TensorFiles file = TensorFiles.Open(WeightFiles.Find(System.IO.Path.Combine(folder, part.Folder), part.Weights).Path);
            files.Add(file);
            return ScaledTensors.From(file);
        }
    }

    /// <summary>Opens a single file. If it has no configs, the sizes are read from its tensors and all other settings are the released model's.</summary>
    private static MusicCheckpoint OpenSingleFile(string path, MusicPipelineOptions options, List<TensorFiles> files)
    {
        string beside = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        string[] vocabularies = [System.IO.Path.Combine(beside, CheckpointLayout.LyricVocabularyFile), System.IO.Path.Combine(beside, CheckpointLayout.LyricVocabularyPath)];
        string? configs = options.ConfigFolder ?? (HasConfigs(beside) ? beside : null);
        TensorFiles file = TensorFiles.Open(path);
        files.Add(file);
        RequireComfyUi(file);

        ITensorSource transformer = Part(file, CheckpointLayout.SingleTransformerPrefix);
        ITensorSource autoencoder = Part(file, CheckpointLayout.SingleAutoencoderPrefix);
        ITensorSource vocoder = Part(file, CheckpointLayout.SingleVocoderPrefix);
        ITensorSource textEncoder = Part(file, CheckpointLayout.SingleTextEncoderPrefix);
        Umt5Config textEncoderConfig = configs is null ? Umt5Config.FromTensors(textEncoder) : Umt5Config.Load(ConfigPath(configs, CheckpointLayout.TextEncoderFolder));
        using TorchSharp.torch.Tensor pieces = file.FileOf(CheckpointLayout.SingleSentencePieceName).Read(CheckpointLayout.SingleSentencePieceName);
        return new MusicCheckpoint(files)
        {
            Path = path,
            IsSingleFile = true,
            LyricVocabularyPath = options.LyricVocabulary ?? vocabularies.FirstOrDefault(File.Exists) ?? vocabularies[0],
            Configs = configs is not null ? LoadConfigs(configs) : new NetworkConfigs(
                new(() => TransformerConfig.FromTensors(transformer, ReleasedConfigs.Transformer)),
                new(() => AutoencoderConfig.FromTensors(autoencoder)),
                new(() => VocoderConfig.FromTensors(vocoder, ReleasedConfigs.Vocoder))),
            TextEncoderConfig = textEncoderConfig,
            Transformer = transformer,
            Autoencoder = autoencoder,
            Vocoder = vocoder,
            TextEncoder = textEncoder,
            Tokenizer = Umt5Tokenizer.FromSentencePieceModel(pieces.bytes, maximumSize: textEncoderConfig.VocabularySize, origin: path),
        };
    }

    private static void Close(IReadOnlyList<TensorFiles> files)
    {
        foreach (TensorFiles file in files)
        {
            file.Dispose();
        }
    }

    private static ITensorSource Part(TensorFiles file, string prefix) => ScaledTensors.From(new PrefixedTensorSource(file, prefix));

    /// <summary>The files that a folder in the released layout lacks; each with the reason, if it is another than that the file is not there.</summary>
    private static IEnumerable<string> MissingFrom(string folder)
    {
        foreach ((string part, string weights) in CheckpointLayout.Parts)
        {
            string config = System.IO.Path.Combine(part, CheckpointLayout.ConfigFile);
            if (!WeightFiles.IsThere(System.IO.Path.Combine(folder, config)))
            {
                yield return config;
            }

            (_, string? problem) = WeightFiles.Find(System.IO.Path.Combine(folder, part), weights);
            if (problem is not null)
            {
                string reason = problem.Replace("The file is missing.", "", StringComparison.Ordinal).Trim().TrimEnd('.');
                yield return System.IO.Path.Combine(part, weights) + (reason.Length > 0 ? $" ({reason})" : "");
            }
        }

        string tokenizer = System.IO.Path.Combine(CheckpointLayout.TextEncoderFolder, CheckpointLayout.TokenizerFile);
        if (!WeightFiles.IsThere(System.IO.Path.Combine(folder, tokenizer)))
        {
            yield return tokenizer;
        }
    }

    private static NetworkConfigs LoadConfigs(string folder) => new(
        new(TransformerConfig.Load(ConfigPath(folder, CheckpointLayout.TransformerFolder))),
        new(AutoencoderConfig.Load(ConfigPath(folder, CheckpointLayout.AutoencoderFolder))),
        new(VocoderConfig.Load(ConfigPath(folder, CheckpointLayout.VocoderFolder))));

    private static string ConfigPath(string folder, string part) => System.IO.Path.Combine(folder, part, CheckpointLayout.ConfigFile);

    private static bool HasConfigs(string folder) => CheckpointLayout.Parts.All(part => File.Exists(ConfigPath(folder, part.Folder)));

    private static void RequireComfyUi(TensorFiles file)
    {
        string[] prefixes =
        [
            CheckpointLayout.SingleTransformerPrefix, CheckpointLayout.SingleAutoencoderPrefix,
            CheckpointLayout.SingleVocoderPrefix, CheckpointLayout.SingleTextEncoderPrefix,
        ];
        string[] absent =
        [
            .. prefixes.Where(prefix => !file.Names.Any(name => name.StartsWith(prefix, StringComparison.Ordinal))).Select(prefix => prefix + "*"),
            .. file.Names.Contains(CheckpointLayout.SingleSentencePieceName) ? (string[])[] : [CheckpointLayout.SingleSentencePieceName],
        ];
        if (absent.Length > 0)
        {
            throw new CheckpointFormatException(
                file.Origin, $"a single file must hold all parts of the model, as ComfyUI's all-in-one file does; this one lacks {string.Join(", ", absent)}. Use that file, or the released folder");
        }

        string[] unknown =
        [
            .. file.Names.Where(name => !prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)) && !CheckpointLayout.SingleUnused.Contains(name)),
        ];
        if (unknown.Length > 0)
        {
            throw new CheckpointMismatchException(file.Origin, "ComfyUI's file of this model", [], unknown, []);
        }
    }

    /// <summary>The networks' sizes. Sizes that must be derived from tensors are derived when they are first needed, so that a file with contradictory tensors can still be described.</summary>
    public sealed record NetworkConfigs(Lazy<TransformerConfig> Transformer, Lazy<AutoencoderConfig> Autoencoder, Lazy<VocoderConfig> Vocoder);
}

/// <summary>The released model's configs, embedded in this assembly, for a single file without configs beside it. (The text encoder needs none: its sizes follow from its tensors.)</summary>
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
