using AceStep.Models;

namespace AceStep.Checkpoints;

/// <summary>An opened checkpoint: the released folder, or ComfyUI's single file. Its files stay open until it is disposed of.</summary>
internal sealed class MusicCheckpoint : IDisposable
{
    /// <summary>Where the model and its lyric vocabulary come from; part of messages.</summary>
    public const string WhereToGet =
        "The released checkpoint (8.3 GB, Apache-2.0) is ACE-Step/ACE-Step-v1-3.5B on Hugging Face; by that name it is fetched.";

    private const string WhereToGetVocabulary =
        "It is acestep/models/lyrics_utils/vocab.json in the source of ace-step/ACE-Step (Apache-2.0); 'acestep download lyric-vocabulary' fetches it.";

    private readonly List<TensorFiles> _files = [];

    private MusicCheckpoint(string path) => Path = path;

    /// <summary>The folder or file.</summary>
    public string Path { get; }

    /// <summary>Whether this is ComfyUI's single file.</summary>
    public bool IsSingleFile { get; private init; }

    public ITensorSource Transformer { get; private set; } = null!;

    public ITensorSource Autoencoder { get; private set; } = null!;

    public ITensorSource Vocoder { get; private set; } = null!;

    public ITensorSource TextEncoder { get; private set; } = null!;

    public TransformerConfig TransformerConfig { get; private set; } = null!;

    public AutoencoderConfig AutoencoderConfig { get; private set; } = null!;

    public VocoderConfig VocoderConfig { get; private set; } = null!;

    public Umt5Config TextEncoderConfig { get; private set; } = null!;

    public Umt5Tokenizer Tokenizer { get; private set; } = null!;

    /// <summary>The lyric vocabulary's path; whether the file exists is seen when lyrics need it.</summary>
    public string LyricVocabularyPath { get; private init; } = "";

    /// <summary>Opens a checkpoint: headers and configs are read and checked, no weights.</summary>
    /// <param name="path">The folder or file, or a folder that holds exactly one of them: see <see cref="CheckpointFinder"/>.</param>
    /// <param name="options">Where configs and the lyric vocabulary are, if not in their usual places.</param>
    /// <exception cref="FileNotFoundException">A file is missing; all missing ones are named.</exception>
    /// <exception cref="CheckpointFormatException">A file is malformed.</exception>
    public static MusicCheckpoint Open(string path, MusicPipelineOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string found = CheckpointFinder.Find(path);
        return Directory.Exists(found) ? OpenFolder(found, options) : OpenSingleFile(found, options);
    }

    /// <summary>The message for a path with nothing there.</summary>
    public static string DescribeMissing(string path) => $"There is no checkpoint at {path}: neither a folder nor a file. {WhereToGet}";

    /// <summary>The message for lyrics without a vocabulary.</summary>
    public static string DescribeMissingVocabulary(string path) =>
        $"Lyrics need the lyric vocabulary, and {path} is missing. {WhereToGetVocabulary}";

    public void Dispose()
    {
        foreach (TensorFiles file in _files)
        {
            file.Dispose();
        }

        _files.Clear();
    }

    private static MusicCheckpoint OpenFolder(string folder, MusicPipelineOptions options)
    {
        string[] missing = [.. MissingFrom(folder)];
        if (missing.Length > 0)
        {
            throw new FileNotFoundException($"The checkpoint {folder} lacks {string.Join(", ", missing)}. {WhereToGet}");
        }

        MusicCheckpoint checkpoint = new(folder)
        {
            LyricVocabularyPath = options.LyricVocabulary ?? System.IO.Path.Combine(folder, CheckpointLayout.LyricVocabularyPath),
        };
        return checkpoint.Fill(() =>
        {
            checkpoint.ReadConfigs(folder);
            checkpoint.Transformer = checkpoint.OpenPart(folder, CheckpointLayout.Parts[0]);
            checkpoint.Autoencoder = checkpoint.OpenPart(folder, CheckpointLayout.Parts[1]);
            checkpoint.Vocoder = checkpoint.OpenPart(folder, CheckpointLayout.Parts[2]);
            checkpoint.TextEncoder = checkpoint.OpenPart(folder, CheckpointLayout.Parts[3]);
            checkpoint.Tokenizer = Umt5Tokenizer.Load(System.IO.Path.Combine(folder, CheckpointLayout.TextEncoderFolder, CheckpointLayout.TokenizerFile));
        });
    }

    private static MusicCheckpoint OpenSingleFile(string path, MusicPipelineOptions options)
    {
        string beside = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        string[] vocabularies = [System.IO.Path.Combine(beside, CheckpointLayout.LyricVocabularyFile), System.IO.Path.Combine(beside, CheckpointLayout.LyricVocabularyPath)];
        MusicCheckpoint checkpoint = new(path)
        {
            IsSingleFile = true,
            LyricVocabularyPath = options.LyricVocabulary ?? vocabularies.FirstOrDefault(File.Exists) ?? vocabularies[0],
        };
        return checkpoint.Fill(() =>
        {
            TensorFiles file = checkpoint.Add(TensorFiles.Open(path));
            RequireComfyUi(file);
            checkpoint.Transformer = Part(file, CheckpointLayout.SingleTransformerPrefix);
            checkpoint.Autoencoder = Part(file, CheckpointLayout.SingleAutoencoderPrefix);
            checkpoint.Vocoder = Part(file, CheckpointLayout.SingleVocoderPrefix);
            checkpoint.TextEncoder = Part(file, CheckpointLayout.SingleTextEncoderPrefix);
            checkpoint.ReadConfigs(options.ConfigFolder ?? (HasConfigs(beside) ? beside : null));
            using TorchSharp.torch.Tensor pieces = file.FileOf(CheckpointLayout.SingleSentencePieceName).Read(CheckpointLayout.SingleSentencePieceName);
            checkpoint.Tokenizer = Umt5Tokenizer.FromSentencePieceModel(pieces.bytes, maximumSize: checkpoint.TextEncoderConfig.VocabularySize, origin: path);
        });
    }

    private static ITensorSource Part(TensorFiles file, string prefix) => ScaledTensors.From(new PrefixedTensorSource(file, prefix));

    /// <summary>Runs the steps of opening; closes what was opened when one fails.</summary>
    private MusicCheckpoint Fill(Action steps)
    {
        try
        {
            steps();
            return this;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What a folder in the released layout lacks, each with the reason where it is not plain absence.</summary>
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

    private ITensorSource OpenPart(string folder, (string Folder, string Weights) part) =>
        ScaledTensors.From(Add(TensorFiles.Open(WeightFiles.Find(System.IO.Path.Combine(folder, part.Folder), part.Weights).Path)));

    private TensorFiles Add(TensorFiles file)
    {
        _files.Add(file);
        return file;
    }

    /// <summary>Reads the configs of a folder in the released layout; without one, sizes are the tensors' and the rest is the released model's.</summary>
    private void ReadConfigs(string? folder)
    {
        TransformerConfig = folder is null ? TransformerConfig.FromTensors(Transformer, ReleasedConfigs.Transformer) : TransformerConfig.Load(ConfigPath(folder, CheckpointLayout.TransformerFolder));
        AutoencoderConfig = folder is null ? AutoencoderConfig.FromTensors(Autoencoder) : AutoencoderConfig.Load(ConfigPath(folder, CheckpointLayout.AutoencoderFolder));
        VocoderConfig = folder is null ? VocoderConfig.FromTensors(Vocoder, ReleasedConfigs.Vocoder) : VocoderConfig.Load(ConfigPath(folder, CheckpointLayout.VocoderFolder));
        TextEncoderConfig = folder is null ? Umt5Config.FromTensors(TextEncoder) : Umt5Config.Load(ConfigPath(folder, CheckpointLayout.TextEncoderFolder));
    }

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
                file.Origin, $"a single file must hold all parts of the model, as ComfyUI's all-in-one file does; this one lacks {string.Join(", ", absent)}. Take that file, or the released folder");
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
}
