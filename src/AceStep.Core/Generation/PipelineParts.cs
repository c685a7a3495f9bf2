using AceStep.Checkpoints;
using AceStep.Lyrics;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Generation;

/// <summary>The parts of the model and where they are: text encoder, transformer, codec, and the lyric tokenizer.</summary>
internal sealed class PipelineParts : IDisposable
{
    private static readonly (long Bytes, Action<CancellationToken> Preload)[] NoParts = [];

    private readonly MusicCheckpoint _checkpoint;
    private readonly Lazy<LyricTokenizer> _lyricTokenizer;

    /// <param name="checkpoint">Where the weights are; must outlive this.</param>
    /// <param name="options">Where the parts are between their uses.</param>
    /// <param name="device">Where they work.</param>
    /// <param name="dtype">The type that they are held and computed in.</param>
    /// <param name="afterTransformerLoad">Called with a transformer fresh from the checkpoint.</param>
    public PipelineParts(MusicCheckpoint checkpoint, MusicPipelineOptions options, torch.Device device, torch.ScalarType dtype, Action<AceStepTransformer> afterTransformerLoad)
    {
        _checkpoint = checkpoint;
        TextEncoder = new Component<TextEncoder>(
            options.Memory.TextEncoder,
            device,
            (target, cancellationToken) => new TextEncoder(
                checkpoint.Tokenizer,
                Umt5Encoder.Load(checkpoint.TextEncoderConfig, checkpoint.TextEncoder, dtype, target, ByteProgress, cancellationToken)),
            (textEncoder, target) => textEncoder.Encoder.to(target));
        Transformer = new Component<AceStepTransformer>(
            options.Memory.Transformer,
            device,
            (target, cancellationToken) =>
            {
                AceStepTransformer transformer = AceStepTransformer.Load(checkpoint.TransformerConfig, checkpoint.Transformer, dtype, target, ByteProgress, cancellationToken);
                afterTransformerLoad(transformer);
                return transformer;
            },
            (transformer, target) => transformer.to(target));
        Codec = new Component<MusicCodec>(
            options.Memory.Codec,
            device,
            (target, cancellationToken) => MusicCodec.Load(checkpoint.AutoencoderConfig, checkpoint.Autoencoder, checkpoint.VocoderConfig, checkpoint.Vocoder, dtype, target, ByteProgress, cancellationToken),
            (codec, target) => codec.MoveTo(target));
        _lyricTokenizer = new Lazy<LyricTokenizer>(() => CreateLyricTokenizer(checkpoint, options), LazyThreadSafetyMode.PublicationOnly);
    }

    public Component<TextEncoder> TextEncoder { get; }

    public Component<AceStepTransformer> Transformer { get; }

    public Component<MusicCodec> Codec { get; }

    /// <summary>The lyric tokenizer, made when lyrics first need it.</summary>
    /// <exception cref="FileNotFoundException">The checkpoint has no lyric vocabulary; says where to get it.</exception>
    public LyricTokenizer LyricTokenizer => _lyricTokenizer.Value;

    /// <summary>Told of the bytes of the part that is being loaded.</summary>
    private IProgress<long>? ByteProgress { get; set; }

    /// <summary>Reads every part that stays.</summary>
    public void Preload(IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        (long Bytes, Action<CancellationToken> Preload)[] parts =
        [
            .. TextEncoder.LoadsEarly ? [(LoadingProgress.StoredBytes(_checkpoint.TextEncoder), TextEncoder.Preload)] : NoParts,
            .. Transformer.LoadsEarly ? [(LoadingProgress.StoredBytes(_checkpoint.Transformer, AceStepTransformer.IsUnused), Transformer.Preload)] : NoParts,
            .. Codec.LoadsEarly ? [(LoadingProgress.StoredBytes(_checkpoint.Autoencoder) + LoadingProgress.StoredBytes(_checkpoint.Vocoder), Codec.Preload)] : NoParts,
        ];
        LoadingProgress loading = new(progress, parts.Sum(part => part.Bytes));
        ByteProgress = loading;
        try
        {
            foreach ((long bytes, Action<CancellationToken> preload) in parts)
            {
                preload(cancellationToken);
                loading.NextPart(bytes);
            }
        }
        finally
        {
            ByteProgress = null;
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
        if (!File.Exists(checkpoint.LyricVocabularyPath))
        {
            throw new FileNotFoundException(MusicCheckpoint.DescribeMissingVocabulary(checkpoint.LyricVocabularyPath), checkpoint.LyricVocabularyPath);
        }

        LyricVocabulary vocabulary = LyricVocabulary.Load(checkpoint.LyricVocabularyPath);
        if (vocabulary.Count > checkpoint.TransformerConfig.LyricVocabularySize)
        {
            throw new CheckpointFormatException(
                checkpoint.LyricVocabularyPath,
                $"the model has an embedding for {checkpoint.TransformerConfig.LyricVocabularySize} lyric tokens; this vocabulary has {vocabulary.Count}");
        }

        return new LyricTokenizer(
            vocabulary,
            new LyricTokenizerOptions
            {
                JapaneseDictionary = options.JapaneseDictionary,
                CheckpointFolder = checkpoint.IsSingleFile ? Path.GetDirectoryName(Path.GetFullPath(checkpoint.Path)) : checkpoint.Path,
            });
    }
}
