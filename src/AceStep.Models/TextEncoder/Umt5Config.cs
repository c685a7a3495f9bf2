namespace AceStep.Models;

/// <summary>The sizes of a UMT5 text encoder, as umt5-base/config.json gives them.</summary>
public sealed record Umt5Config
{
    private const int DefaultBucketCount = 32;
    private const int DefaultMaximumDistance = 128;
    private const double DefaultEpsilon = 1e-6;

    /// <summary>The width of the hidden states (<c>d_model</c>); 768 in the released checkpoint.</summary>
    public required int Width { get; init; }

    /// <summary>The number of blocks (<c>num_layers</c>); 12 in the released checkpoint.</summary>
    public required int LayerCount { get; init; }

    /// <summary>The number of attention heads (<c>num_heads</c>); 12 in the released checkpoint.</summary>
    public required int HeadCount { get; init; }

    /// <summary>The width of one attention head (<c>d_kv</c>); 64 in the released checkpoint.</summary>
    public required int HeadWidth { get; init; }

    /// <summary>The width inside the feed-forward layers (<c>d_ff</c>); 2048 in the released checkpoint.</summary>
    public required int FeedForwardWidth { get; init; }

    /// <summary>The number of rows of the embedding (<c>vocab_size</c>); 256,384 in the released checkpoint.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Into how many classes the distances between tokens fall (<c>relative_attention_num_buckets</c>); a multiple of 4, 32 by default.</summary>
    public int RelativeBucketCount { get; init; } = DefaultBucketCount;

    /// <summary>The distance in tokens from which on all distances are one class (<c>relative_attention_max_distance</c>); 128 by default.</summary>
    public int RelativeMaximumDistance { get; init; } = DefaultMaximumDistance;

    /// <summary>What is added to the mean square before its root is taken (<c>layer_norm_epsilon</c>); 1e-6 by default.</summary>
    public double LayerNormEpsilon { get; init; } = DefaultEpsilon;

    /// <summary>Reads a config.json.</summary>
    /// <exception cref="CheckpointFormatException">A value is missing, of another type or out of range; the message names it.</exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    public static Umt5Config Load(string path) => Read(ConfigReader.Load(path));

    /// <summary>Takes the sizes from the shapes of a UMT5's tensors, for files that come without a config.json.</summary>
    /// <param name="source">The tensors by their checkpoint names (<c>shared.weight</c>, <c>encoder.block.0...</c>).</param>
    /// <exception cref="CheckpointFormatException">A tensor that tells a size is missing or has another number of axes.</exception>
    public static Umt5Config FromTensors(ITensorSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        string embedding = Umt5Weights.EmbeddingName(source.Names);
        TensorSizes sizes = new(source, "a UMT5");
        int vocabularySize = sizes.Size(embedding, 0, 2);
        int innerWidth = sizes.Size(BlockTensor(0, "layer.0.SelfAttention.q.weight"), 0, 2);
        string biases = BlockTensor(0, "layer.0.SelfAttention.relative_attention_bias.weight");
        int bucketCount = sizes.Size(biases, 0, 2);
        int headCount = sizes.Size(biases, 1, 2);
        sizes.Require(
            innerWidth % headCount == 0 && bucketCount % 4 == 0,
            $"a UMT5's inner width must be a multiple of its head count, and its bucket count one of 4; they are {innerWidth}, {headCount} and {bucketCount}");
        return new Umt5Config
        {
            Width = sizes.Size(embedding, 1, 2),
            LayerCount = sizes.Count(block => BlockTensor(block, "layer.0.SelfAttention.q.weight")),
            HeadCount = headCount,
            HeadWidth = innerWidth / headCount,
            FeedForwardWidth = sizes.Size(BlockTensor(0, "layer.1.DenseReluDense.wi_0.weight"), 0, 2),
            VocabularySize = vocabularySize,
            RelativeBucketCount = bucketCount,
        };
    }

    internal static Umt5Config Read(ConfigReader reader)
    {
        // Only this kind has the gated feed-forward with the tanh form of GELU, which goes by three names.
        reader.EnumOrDefault("feed_forward_proj", true, ("gated-gelu", true));
        reader.EnumOrDefault("dense_act_fn", true, ("gelu_new", true), ("gelu_pytorch_tanh", true));
        Umt5Config config = new()
        {
            Width = reader.Int32("d_model", 1),
            LayerCount = reader.Int32("num_layers", 1, 1024),
            HeadCount = reader.Int32("num_heads", 1),
            HeadWidth = reader.Int32("d_kv", 1),
            FeedForwardWidth = reader.Int32("d_ff", 1),
            VocabularySize = reader.Int32("vocab_size", 1),
            RelativeBucketCount = reader.Int32OrDefault("relative_attention_num_buckets", DefaultBucketCount, 4, 1 << 16),
            RelativeMaximumDistance = reader.Int32OrDefault("relative_attention_max_distance", DefaultMaximumDistance, 2),
            LayerNormEpsilon = reader.DoubleOrDefault("layer_norm_epsilon", DefaultEpsilon, 0, 1),
        };
        reader.Require(
            (long)config.HeadCount * config.HeadWidth <= int.MaxValue,
            $"\"num_heads\" times \"d_kv\" must be at most {int.MaxValue}; they are {config.HeadCount} and {config.HeadWidth}");
        reader.Require(
            config.RelativeBucketCount % 4 == 0,
            $"\"relative_attention_num_buckets\" must be a multiple of 4; it is {config.RelativeBucketCount}");
        reader.Require(
            config.RelativeMaximumDistance > config.RelativeBucketCount / 4,
            $"\"relative_attention_max_distance\" must be more than a quarter of \"relative_attention_num_buckets\"; they are {config.RelativeMaximumDistance} and {config.RelativeBucketCount}");
        return config;
    }

    private static string BlockTensor(int block, string name) => $"encoder.block.{block}.{name}";
}
