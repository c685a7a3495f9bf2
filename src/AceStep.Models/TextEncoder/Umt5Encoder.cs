using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>The UMT5 text encoder: token ids to one hidden state per token.</summary>
/// <remarks>
/// Safe for several threads at once. The caller that loads it must dispose of it, which frees all its memory. Dropout has no part here,
/// so there is nothing to switch between training and evaluation.
/// </remarks>
public sealed class Umt5Encoder : nn.Module<Tensor, Tensor, bool, Tensor>
{
    private readonly Umt5Config _config;

    [ComponentName(Name = "shared")]
    private readonly TokenEmbedding _embedding;

    [ComponentName(Name = "encoder")]
    private readonly Umt5Stack _stack;

    /// <summary>Builds the encoder on the META device, without weights.</summary>
    internal Umt5Encoder(Umt5Config config)
        : base(nameof(Umt5Encoder))
    {
        _config = config;
        _embedding = new TokenEmbedding(config.VocabularySize, config.Width);
        _stack = new Umt5Stack(config);
        RegisterComponents();
    }

    /// <summary>The sizes.</summary>
    public Umt5Config Config => _config;

    /// <summary>The device that the weights are on.</summary>
    public Device Device => _stack.FinalNorm.Device;

    internal TokenEmbedding Embedding => _embedding;

    internal Umt5Stack Stack => _stack;

    /// <summary>Builds the encoder and reads its weights.</summary>
    /// <param name="config">The sizes.</param>
    /// <param name="source">The weights by their checkpoint names; a decoder beside the encoder is ignored.</param>
    /// <param name="dtype">The type to hold the weights and to compute in: float32 or bfloat16.</param>
    /// <param name="device">The device to hold them on.</param>
    /// <param name="bytesRead">Told after each tensor how many bytes have been read.</param>
    /// <param name="cancellationToken">Looked at before each tensor.</param>
    /// <exception cref="CheckpointMismatchException">The weights are not those of such an encoder; nothing has been read.</exception>
    /// <exception cref="CheckpointFormatException">The file has become shorter since it was opened.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing is kept.</exception>
    public static Umt5Encoder Load(
        Umt5Config config,
        ITensorSource source,
        ScalarType dtype,
        Device device,
        IProgress<long>? bytesRead = null,
        CancellationToken cancellationToken = default) =>
        Networks.TextEncoder.Load(config, source, dtype, device, new ByteCount(bytesRead), cancellationToken);

    /// <summary>Encodes a batch of texts.</summary>
    /// <param name="ids">The token ids, [B, S], int64, each below the vocabulary's size; padded at the end.</param>
    /// <param name="mask">Non-zero for the tokens that count and zero for padding, [B, S]; each text must have one that counts.</param>
    /// <param name="weakenQueries">
    /// Whether the queries of blocks 8 and 9 are multiplied by 0.01, so that they attend to all tokens alike: the
    /// original's "null" text for guidance.
    /// </param>
    /// <returns>The hidden states, [B, S, width], of the weights' type. Those at padding mean nothing.</returns>
    public override Tensor forward(Tensor ids, Tensor mask, bool weakenQueries)
    {
        using var scope = NewDisposeScope();
        Tensor hiddenStates = _embedding.call(ids); // [B, S, D]
        using Umt5Pass pass = Umt5Pass.Create(mask, _config, hiddenStates.dtype);
        for (int index = 0; index < _stack.Blocks.Count; index++)
        {
            using Tensor previous = hiddenStates;
            hiddenStates = _stack.Blocks[index].call(previous, pass, weakenQueries && EntropyRectification.WeakensTextBlock(index));
        }

        return _stack.FinalNorm.call(hiddenStates).MoveToOuterDisposeScope();
    }
}

/// <summary>The part of a UMT5 that the checkpoint names <c>encoder</c>: the blocks and the norm behind them.</summary>
internal sealed class Umt5Stack : nn.Module
{
    [ComponentName(Name = "block")]
    private readonly ModuleList<Umt5Block> _blocks;

    [ComponentName(Name = "final_layer_norm")]
    private readonly Umt5Norm _finalNorm;

    public Umt5Stack(Umt5Config config)
        : base(nameof(Umt5Stack))
    {
        _blocks = new ModuleList<Umt5Block>([.. Enumerable.Range(0, config.LayerCount).Select(_ => new Umt5Block(config))]);
        _finalNorm = new Umt5Norm(config.Width, config.LayerNormEpsilon);
        RegisterComponents();
    }

    public ModuleList<Umt5Block> Blocks => _blocks;

    public Umt5Norm FinalNorm => _finalNorm;
}

/// <summary>What all blocks share in one pass over one batch: it follows from the length and the mask alone.</summary>
internal sealed class Umt5Pass : IDisposable
{
    private Umt5Pass(Tensor buckets, Tensor maskBias)
    {
        Buckets = buckets;
        MaskBias = maskBias;
    }

    /// <summary>The class of the distance from each query (row) to each key (column), [S, S].</summary>
    public Tensor Buckets { get; }

    /// <summary>Zero for the keys that count and the type's lowest number for the others, [B, 1, 1, S].</summary>
    public Tensor MaskBias { get; }

    /// <summary>Prepares a pass.</summary>
    /// <param name="mask">Non-zero for the tokens that count, [B, S].</param>
    /// <param name="config">Says how distances fall into classes.</param>
    /// <param name="dtype">The type that the pass computes in.</param>
    public static Umt5Pass Create(Tensor mask, Umt5Config config, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        Tensor buckets = CreateBuckets((int)mask.size(1), config, mask.device);
        Tensor maskBias = zeros(mask.shape, dtype: dtype, device: mask.device)
            .FillInPlace(mask.logical_not(), finfo(dtype).min)
            .unsqueeze(1)
            .unsqueeze(1); // [B, 1, 1, S]
        return new Umt5Pass(buckets.MoveToOuterDisposeScope(), maskBias.MoveToOuterDisposeScope());
    }

    /// <summary>
    /// The class of a distance: half of the classes are for keys after the query; of each half, the first half is for one
    /// distance each, and the rest share the distances up to the maximum by their logarithm.
    /// </summary>
    /// <param name="distance">The key's position minus the query's.</param>
    /// <param name="bucketCount">The number of classes.</param>
    /// <param name="maximumDistance">From where on all distances are one class.</param>
    internal static int Bucket(int distance, int bucketCount, int maximumDistance)
    {
        int half = bucketCount / 2;
        int exact = half / 2;
        int first = distance > 0 ? half : 0;
        int size = Math.Abs(distance);
        if (size < exact)
        {
            return first + size;
        }

        // In float32, as the original: the borders depend on it where the logarithm is a whole number.
        float share = MathF.Log((float)size / exact) / (float)Math.Log((double)maximumDistance / exact) * (half - exact);
        return first + Math.Min(half - 1, exact + (int)share);
    }

    /// <summary>Returns both tensors' memory.</summary>
    public void Dispose()
    {
        Buckets.Dispose();
        MaskBias.Dispose();
    }

    private static Tensor CreateBuckets(int length, Umt5Config config, Device device)
    {
        long[] byDistance = new long[(2 * length) - 1];
        for (int index = 0; index < byDistance.Length; index++)
        {
            byDistance[index] = Bucket(index - (length - 1), config.RelativeBucketCount, config.RelativeMaximumDistance);
        }

        long[] buckets = new long[length * length];
        for (int query = 0; query < length; query++)
        {
            byDistance.AsSpan(length - 1 - query, length).CopyTo(buckets.AsSpan(query * length));
        }

        return tensor(buckets, [length, length], device: device); // [S, S], by query and key
    }
}

/// <summary>What has to be known of UMT5 files beyond the encoder's own names: the embedding goes by two, and there may be a decoder.</summary>
internal sealed class Umt5Weights : ITensorSource
{
    private const string Embedding = "shared.weight";
    private const string TiedEmbedding = "encoder.embed_tokens.weight";

    private readonly ITensorSource _source;
    private readonly string _embedding;

    /// <summary>Sees a file's tensors under the encoder's names.</summary>
    public Umt5Weights(ITensorSource source)
    {
        _source = source;
        _embedding = EmbeddingName(source.Names);
        Names = [.. source.Names.Select(name => name == _embedding ? Embedding : name)];
    }

    public string Origin => _source.Origin;

    public IReadOnlyCollection<string> Names { get; }

    /// <summary>Under which name a file holds the embedding; the usual one where it holds none.</summary>
    public static string EmbeddingName(IReadOnlyCollection<string> names) =>
        names.Contains(TiedEmbedding) && !names.Contains(Embedding) ? TiedEmbedding : Embedding;

    /// <summary>Whether a tensor belongs to a whole UMT5 but not to its encoder, or repeats the embedding.</summary>
    public static bool IsUnused(string name) =>
        name is TiedEmbedding or "lm_head.weight" || name.StartsWith("decoder.", StringComparison.Ordinal);

    public IReadOnlyList<long> Shape(string name) => _source.Shape(Stored(name));

    public ScalarType Type(string name) => _source.Type(Stored(name));

    public string StoredType(string name) => _source.StoredType(Stored(name));

    public long StoredBytes(string name) => _source.StoredBytes(Stored(name));

    public void Read(string name, Tensor destination) => _source.Read(Stored(name), destination);

    private string Stored(string name) => name == Embedding ? _embedding : name;
}
