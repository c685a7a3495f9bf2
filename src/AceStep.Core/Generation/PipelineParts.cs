using AceStep.Checkpoints;
using AceStep.Lyrics;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Generation;

/// <summary>The parts of the model and where they are: text encoder, transformer, codec, and the lyric tokenizer.</summary>
internal sealed class PipelineParts : IDisposable
{
    private static readonly (long Bytes, Action<IProgress<long>, CancellationToken> Preload)[] NoParts = [];

    private readonly Lazy<LyricTokenizer> _lyricTokenizer;

    /// <param name="checkpoint">Where the weights are; must outlive this.</param>
    /// <param name="options">Where the parts are between their uses.</param>
    /// <param name="device">Where they work.</param>
    /// <param name="dtype">The type that they are held and computed in.</param>
    /// <param name="afterTransformerLoad">Called with a transformer fresh from the checkpoint.</param>
    public PipelineParts(MusicCheckpoint checkpoint, MusicPipelineOptions options, torch.Device device, torch.ScalarType dtype, Action<AceStepTransformer> afterTransformerLoad)
    {
        TextEncoder = new Component<TextEncoder>(
            options.Memory.TextEncoder,
            device,
            LoadingProgress.StoredBytes(checkpoint.TextEncoder),
            (target, bytesRead, cancellationToken) => new TextEncoder(
                checkpoint.Tokenizer,
                Umt5Encoder.Load(checkpoint.TextEncoderConfig, checkpoint.TextEncoder, dtype, target, bytesRead, cancellationToken)),
            (textEncoder, target) => textEncoder.Encoder.to(target));
        Transformer = new Component<AceStepTransformer>(
            options.Memory.Transformer,
            device,
            LoadingProgress.StoredBytes(checkpoint.Transformer, AceStepTransformer.IsUnused),
            (target, bytesRead, cancellationToken) =>
            {
                AceStepTransformer transformer = AceStepTransformer.Load(checkpoint.TransformerConfig, checkpoint.Transformer, dtype, target, bytesRead, cancellationToken);
                afterTransformerLoad(transformer);
                return transformer;
            },
            (transformer, target) => transformer.to(target));
        Codec = new Component<MusicCodec>(
            options.Memory.Codec,
            device,
            LoadingProgress.StoredBytes(checkpoint.Autoencoder) + LoadingProgress.StoredBytes(checkpoint.Vocoder),
            (target, bytesRead, cancellationToken) => MusicCodec.Load(checkpoint.AutoencoderConfig, checkpoint.Autoencoder, checkpoint.VocoderConfig, checkpoint.Vocoder, dtype, target, bytesRead, cancellationToken),
            (codec, target) => codec.MoveTo(target));
        _lyricTokenizer = new Lazy<LyricTokenizer>(() => CreateLyricTokenizer(checkpoint, options), LazyThreadSafetyMode.PublicationOnly);
    }

    public Component<TextEncoder> TextEncoder { get; }

    public Component<AceStepTransformer> Transformer { get; }

    public Component<MusicCodec> Codec { get; }

    /// <summary>The lyric tokenizer, made when lyrics first need it.</summary>
    /// <exception cref="FileNotFoundException">The checkpoint has no lyric vocabulary; says where to get it.</exception>
    public LyricTokenizer LyricTokenizer => _lyricTokenizer.Value;

    /// <summary>Reads every part that stays.</summary>
    public void Preload(IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        (long Bytes, Action<IProgress<long>, CancellationToken> Preload)[] parts =
        [
            .. TextEncoder.LoadsEarly ? [(TextEncoder.StoredBytes, TextEncoder.Preload)] : NoParts,
            .. Transformer.LoadsEarly ? [(Transformer.StoredBytes, Transformer.Preload)] : NoParts,
            .. Codec.LoadsEarly ? [(Codec.StoredBytes, Codec.Preload)] : NoParts,
        ];
        if (parts.Length == 0)
        {
            return;
        }

        LoadingProgress loading = new(progress, parts.Sum(part => part.Bytes));
        foreach ((long bytes, Action<IProgress<long>, CancellationToken> preload) in parts)
        {
            preload(loading, cancellationToken);
            loading.NextPart(bytes);
        }
    }

    public void Dispose()
    {
        TextEncoder.Dispose();
        Transformer.Dispose();
        Codec.Dispose();
    }

    private static LyricTokenizer CreateLyricTokenizer(MusicCheckpoint checkpoint, MusicPipelineOptions options)
    {
        string path = checkpoint.LyricVocabularyPath;
        if (!File.Exists(path))
        {
            path = (options.LyricVocabulary is null ? options.LyricDownloads?.Vocabulary() : null)
                ?? throw new FileNotFoundException(MusicCheckpoint.DescribeMissingVocabulary(path), path);
        }

        LyricVocabulary vocabulary = LyricVocabulary.Load(path);
        if (vocabulary.Count > checkpoint.TransformerConfig.LyricVocabularySize)
        {
            throw new CheckpointFormatException(
                path,
                $"the model has an embedding for {checkpoint.TransformerConfig.LyricVocabularySize} lyric tokens; this vocabulary has {vocabulary.Count}");
        }

        return new LyricTokenizer(
            vocabulary,
            new LyricTokenizerOptions
            {
                JapaneseDictionary = options.JapaneseDictionary,
                CachedJapaneseDictionary = options.LyricDownloads is { } downloads ? downloads.CachedDictionary : null,
                FetchJapaneseDictionary = options.LyricDownloads is { } fetching ? fetching.FetchedDictionary : null,
                CheckpointFolder = checkpoint.IsSingleFile ? Path.GetDirectoryName(Path.GetFullPath(checkpoint.Path)) : checkpoint.Path,
            });
    }
}
