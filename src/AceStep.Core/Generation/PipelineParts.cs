using AceStep.Checkpoints;
using AceStep.Lyrics;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Generation;

/// <summary>The parts of the model and where they are kept: text encoder, transformer, codec, and the lyric tokenizer.</summary>
internal sealed class PipelineParts : IDisposable
{
    private readonly Lazy<LyricTokenizer> _lyricTokenizer;

    /// <param name="checkpoint">Where the weights are; must outlive this.</param>
    /// <param name="options">Where the parts are kept between their uses.</param>
    /// <param name="device">The device on which they compute.</param>
    /// <param name="dtype">The type of their weights and computations.</param>
    /// <param name="afterTransformerLoad">Called with the transformer each time it has been read from the checkpoint.</param>
    public PipelineParts(MusicCheckpoint checkpoint, MusicPipelineOptions options, torch.Device device, torch.ScalarType dtype, Action<AceStepTransformer> afterTransformerLoad)
    {
        TextEncoder = new Component<TextEncoder>(
            Between(options.Memory.TextEncoder, device),
            device,
            StoredBytes(checkpoint.TextEncoder),
            (target, bytesRead, cancellationToken) => new TextEncoder(
                checkpoint.Tokenizer,
                Umt5Encoder.Load(checkpoint.TextEncoderConfig, checkpoint.TextEncoder, dtype, target, bytesRead, cancellationToken)),
            (textEncoder, target) => textEncoder.Encoder.to(target));
        Transformer = new Component<AceStepTransformer>(
            Between(options.Memory.Transformer, device),
            device,
            StoredBytes(checkpoint.Transformer, AceStepTransformer.IsUnused),
            (target, bytesRead, cancellationToken) =>
            {
                AceStepTransformer transformer = AceStepTransformer.Load(checkpoint.TransformerConfig, checkpoint.Transformer, dtype, target, bytesRead, cancellationToken);
                try
                {
                    afterTransformerLoad(transformer);
                    return transformer;
                }
                catch
                {
                    transformer.Dispose();
                    throw;
                }
            },
            (transformer, target) => transformer.to(target));
        Codec = new Component<MusicCodec>(
            Between(options.Memory.Codec, device),
            device,
            StoredBytes(checkpoint.Autoencoder) + StoredBytes(checkpoint.Vocoder),
            (target, bytesRead, cancellationToken) => MusicCodec.Load(checkpoint.AutoencoderConfig, checkpoint.Autoencoder, checkpoint.VocoderConfig, checkpoint.Vocoder, dtype, target, bytesRead, cancellationToken),
            (codec, target) => codec.MoveTo(target));
        _lyricTokenizer = new Lazy<LyricTokenizer>(() => CreateLyricTokenizer(checkpoint, options), LazyThreadSafetyMode.PublicationOnly);
    }

    public Component<TextEncoder> TextEncoder { get; }

    public Component<AceStepTransformer> Transformer { get; }

    public Component<MusicCodec> Codec { get; }

    /// <summary>The lyric tokenizer, created when lyrics first need it.</summary>
    /// <exception cref="FileNotFoundException">The checkpoint has no lyric vocabulary; says where to get it.</exception>
    public LyricTokenizer LyricTokenizer => _lyricTokenizer.Value;

    /// <summary>Reads every part that is kept between its uses.</summary>
    public void Preload(IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        (bool LoadsEarly, long Bytes, Action<IProgress<long>, CancellationToken> Preload)[] parts =
        [
            (TextEncoder.LoadsEarly, TextEncoder.StoredBytes, TextEncoder.Preload),
            (Transformer.LoadsEarly, Transformer.StoredBytes, Transformer.Preload),
            (Codec.LoadsEarly, Codec.StoredBytes, Codec.Preload),
        ];
        parts = [.. parts.Where(part => part.LoadsEarly)];
        if (parts.Length == 0)
        {
            return;
        }

        StageProgress loading = new(progress, MusicStage.Loading, parts.Sum(part => part.Bytes), cancellationToken);
        long before = 0;
        foreach ((_, long bytes, Action<IProgress<long>, CancellationToken> preload) in parts)
        {
            preload(loading.From(before), cancellationToken);
            before += bytes;
            loading.AdvanceTo(before);
        }
    }

    /// <summary>The stored size of a source's tensors, without unused ones.</summary>
    public static long StoredBytes(ITensorSource source, Func<string, bool>? isUnused = null) =>
        source.Names.Where(name => isUnused?.Invoke(name) != true)
            .Sum(source.StoredBytes);

    public void Dispose()
    {
        TextEncoder.Dispose();
        Transformer.Dispose();
        Codec.Dispose();
    }

    /// <summary>Where a part is kept between its uses. On the CPU, the device's memory is the host's.</summary>
    private static Residence Between(Residence residence, torch.Device device) =>
        residence == Residence.Host && device.type == DeviceType.CPU ? Residence.Device : residence;

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
                $"the model has an embedding for {FieldText.Of(checkpoint.TransformerConfig.LyricVocabularySize)} lyric tokens; this vocabulary has {FieldText.Of(vocabulary.Count)}");
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
