using AceStep.Models;

namespace AceStep.Checkpoints;

/// <summary>An opened checkpoint: the released folder, or ComfyUI's single file. Its files stay mapped until it is disposed of.</summary>
internal sealed class MusicCheckpoint : IDisposable
{
    /// <summary>Where the model and its lyric vocabulary come from; part of messages.</summary>
    public const string WhereToGet =
        "The released checkpoint (8.3 GB, Apache-2.0) is ACE-Step/ACE-Step-v1-3.5B on Hugging Face; by that name it is fetched.";

    private const string WhereToGetVocabulary =
        "It is acestep/models/lyrics_utils/vocab.json in the source of ace-step/ACE-Step (Apache-2.0); 'acestep download lyric-vocabulary' fetches it.";

    private readonly List<SafetensorsFile> _files = [];

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

    /// <summary>The files that the checkpoint consists of, opened.</summary>
    public IReadOnlyList<SafetensorsFile> Files => _files;

    /// <summary>Opens a checkpoint: headers and configs are read and checked, no weights.</summary>
    /// <exception cref="FileNotFoundException">A file is missing; all missing ones are named.</exception>
    /// <exception cref="CheckpointFormatException">A file is malformed.</exception>
    public static MusicCheckpoint Open(string path, MusicPipelineOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            return OpenFolder(path, options);
        }

        return File.Exists(path)
            ? OpenSingleFile(path, options)
            : throw new DirectoryNotFoundException(DescribeMissing(path));
    }

    /// <summary>The message for a path with nothing there.</summary>
    public static string DescribeMissing(string path) => $"There is no checkpoint at {path}: neither a folder nor a file. {WhereToGet}";

    /// <summary>The message for lyrics without a vocabulary.</summary>
    public static string DescribeMissingVocabulary(string path) =>
        $"Lyrics need the lyric vocabulary, and {path} is missing. {WhereToGetVocabulary}";

    public void Dispose()
    {
        foreach (SafetensorsFile file in _files)
        {
            file.Dispose();
        }

        _files.Clear();
    }

    private static MusicCheckpoint OpenFolder(string folder, MusicPipelineOptions options)
    {
        string[] missing =
        [
            .. CheckpointLayout.Parts
                .SelectMany(part => new[] { System.IO.Path.Combine(part.Folder, CheckpointLayout.ConfigFile), System.IO.Path.Combine(part.Folder, part.Weights) })
                .Append(System.IO.Path.Combine(CheckpointLayout.TextEncoderFolder, CheckpointLayout.TokenizerFile))
                .Where(file => !File.Exists(System.IO.Path.Combine(folder, file))),
        ];
        if (missing.Length > 0)
        {
            throw new FileNotFoundException($"The checkpoint {folder} lacks {string.Join(", ", missing)}. {WhereToGet}", missing[0]);
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
            SafetensorsFile file = checkpoint.Add(SafetensorsFile.Open(path));
            RequireComfyUi(file);
            checkpoint.Transformer = new PrefixedTensorSource(file, CheckpointLayout.SingleTransformerPrefix);
            checkpoint.Autoencoder = new PrefixedTensorSource(file, CheckpointLayout.SingleAutoencoderPrefix);
            checkpoint.Vocoder = new PrefixedTensorSource(file, CheckpointLayout.SingleVocoderPrefix);
            checkpoint.TextEncoder = new PrefixedTensorSource(file, CheckpointLayout.SingleTextEncoderPrefix);
            checkpoint.ReadConfigs(options.ConfigFolder ?? (HasConfigs(beside) ? beside : null));
            using TorchSharp.torch.Tensor pieces = file.Read(CheckpointLayout.SingleSentencePieceName);
            checkpoint.Tokenizer = Umt5Tokenizer.FromSentencePieceModel(pieces.bytes, maximumSize: checkpoint.TextEncoderConfig.VocabularySize, origin: path);
        });
    }

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

    private SafetensorsFile OpenPart(string folder, (string Folder, string Weights) part) =>
        Add(SafetensorsFile.Open(System.IO.Path.Combine(folder, part.Folder, part.Weights)));

    private SafetensorsFile Add(SafetensorsFile file)
    {
        _files.Add(file);
        return file;
    }

    /// <summary>Reads the configs of a folder in the released layout; without one, those of the released model.</summary>
    private void ReadConfigs(string? folder)
    {
        TransformerConfig = folder is null ? ReleasedConfigs.Transformer : TransformerConfig.Load(ConfigPath(folder, CheckpointLayout.TransformerFolder));
        AutoencoderConfig = folder is null ? ReleasedConfigs.Autoencoder : AutoencoderConfig.Load(ConfigPath(folder, CheckpointLayout.AutoencoderFolder));
        VocoderConfig = folder is null ? ReleasedConfigs.Vocoder : VocoderConfig.Load(ConfigPath(folder, CheckpointLayout.VocoderFolder));
        TextEncoderConfig = folder is null ? Umt5Config.FromTensors(TextEncoder) : Umt5Config.Load(ConfigPath(folder, CheckpointLayout.TextEncoderFolder));
    }

    private static string ConfigPath(string folder, string part) => System.IO.Path.Combine(folder, part, CheckpointLayout.ConfigFile);

    private static bool HasConfigs(string folder) => CheckpointLayout.Parts.All(part => File.Exists(ConfigPath(folder, part.Folder)));

    private static void RequireComfyUi(SafetensorsFile file)
    {
        if (!file.Entries.ContainsKey(CheckpointLayout.SingleMark) || !file.Entries.ContainsKey(CheckpointLayout.SingleSentencePieceName))
        {
            throw new CheckpointFormatException(
                file.Path,
                $"a single file must be ComfyUI's of this model, with {CheckpointLayout.SingleMark} and {CheckpointLayout.SingleSentencePieceName}; the released checkpoint is a folder");
        }

        string[] prefixes =
        [
            CheckpointLayout.SingleTransformerPrefix, CheckpointLayout.SingleAutoencoderPrefix,
            CheckpointLayout.SingleVocoderPrefix, CheckpointLayout.SingleTextEncoderPrefix,
        ];
        string[] unknown =
        [
            .. file.Names.Where(name => !prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)) && !CheckpointLayout.SingleUnused.Contains(name)),
        ];
        if (unknown.Length > 0)
        {
            throw new CheckpointMismatchException(file.Path, "ComfyUI's file of this model", [], unknown, []);
        }
    }
}
