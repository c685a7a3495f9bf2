namespace AceStep.Models;

/// <summary>The sizes of the transformer and its lyric encoder: <c>ace_step_transformer/config.json</c>.</summary>
/// <remarks>Immutable. Keys that only the training read (<c>ssl_*</c>, <c>max_*</c>) are not part of it.</remarks>
public sealed partial record TransformerConfig
{
    // Beyond any model of this family, and small enough that no product of two sizes overflows.
    private const int MaximumSize = 1 << 20;

    private const int DefaultLyricAttentionHeads = 16;
    private const int DefaultLyricFeedForwardWidth = 4096;

    /// <summary>The channels of the latents.</summary>
    public required int InChannels { get; init; }

    /// <summary>The channels of the velocity, equal to those of the latents.</summary>
    public required int OutChannels { get; init; }

    /// <summary>The rows of the latents: a token is one frame's column of this many rows.</summary>
    public required int PatchHeight { get; init; }

    /// <summary>The number of transformer blocks.</summary>
    public required int LayerCount { get; init; }

    /// <summary>The heads of the transformer's attentions.</summary>
    public required int AttentionHeads { get; init; }

    /// <summary>The features of a head, an even number.</summary>
    public required int AttentionHeadSize { get; init; }

    /// <summary>The width of the feed-forward in units of the model's width.</summary>
    public required double FeedForwardRatio { get; init; }

    /// <summary>The base of the rotary positions' frequencies.</summary>
    public required double RotaryTheta { get; init; }

    /// <summary>The width of the text encoder's hidden states.</summary>
    public required int TextWidth { get; init; }

    /// <summary>The width of a speaker embedding.</summary>
    public required int SpeakerWidth { get; init; }

    /// <summary>The number of lyric tokens.</summary>
    public required int LyricVocabularySize { get; init; }

    /// <summary>The width of the lyric encoder.</summary>
    public required int LyricWidth { get; init; }

    /// <summary>The heads of the lyric encoder's attentions; the released config has no key for it. Default 16.</summary>
    public int LyricAttentionHeads { get; init; } = DefaultLyricAttentionHeads;

    /// <summary>The width of the lyric encoder's feed-forward; the released config has no key for it. Default 4096.</summary>
    public int LyricFeedForwardWidth { get; init; } = DefaultLyricFeedForwardWidth;

    /// <summary>The model's width: heads times features of a head.</summary>
    public int Width => AttentionHeads * AttentionHeadSize;

    /// <summary>The width of the feed-forward: each half of its gated convolution.</summary>
    public int FeedForwardWidth => (int)(Width * FeedForwardRatio);

    /// <summary>Reads a config file.</summary>
    /// <exception cref="CheckpointFormatException">A key is missing, or its value breaks its rule; names file, key, rule and value.</exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    public static TransformerConfig Load(string path) => Read(ConfigReader.Load(path));

    /// <summary>Reads a config from JSON text in UTF-8.</summary>
    /// <param name="json">The text.</param>
    /// <param name="file">Where it came from, for messages.</param>
    /// <exception cref="CheckpointFormatException">A key is missing, or its value breaks its rule; names file, key, rule and value.</exception>
    public static TransformerConfig Parse(ReadOnlyMemory<byte> json, string file) => Read(ConfigReader.Parse(json, file));

    private static TransformerConfig Read(ConfigReader reader)
    {
        IReadOnlyList<int> patch = reader.Int32Array("patch_size", 1, MaximumSize);
        reader.Require(patch is [_, 1], $"\"patch_size\" must be [rows, 1]; it is [{string.Join(", ", patch)}]");
        var config = new TransformerConfig
        {
            InChannels = reader.Int32("in_channels", 1, 1 << 10),
            OutChannels = reader.Int32("out_channels", 1, 1 << 10),
            PatchHeight = patch[0],
            LayerCount = reader.Int32("num_layers", 1, 1 << 10),
            AttentionHeads = reader.Int32("num_attention_heads", 1, 1 << 10),
            AttentionHeadSize = reader.Int32("attention_head_dim", 2, 1 << 10),
            FeedForwardRatio = reader.Double("mlp_ratio", 1e-3, 1e3),
            RotaryTheta = reader.Double("rope_theta", 1, 1e12),
            TextWidth = reader.Int32("text_embedding_dim", 1, MaximumSize),
            SpeakerWidth = reader.Int32("speaker_embedding_dim", 1, MaximumSize),
            LyricVocabularySize = reader.Int32("lyric_encoder_vocab_size", 1, 1 << 24),
            LyricWidth = reader.Int32("lyric_hidden_size", 2, MaximumSize),
            LyricAttentionHeads = reader.Int32OrDefault("lyric_encoder_attention_heads", DefaultLyricAttentionHeads, 1, 1 << 10),
            LyricFeedForwardWidth = reader.Int32OrDefault("lyric_encoder_linear_units", DefaultLyricFeedForwardWidth, 1, MaximumSize),
        };

        reader.Require(
            config.OutChannels == config.InChannels,
            $"\"out_channels\" must equal \"in_channels\"; they are {config.OutChannels} and {config.InChannels}");
        reader.Require(
            config.AttentionHeadSize % 2 == 0,
            $"\"attention_head_dim\" must be even, for rotary positions take features in pairs; it is {config.AttentionHeadSize}");
        int innerWidth = reader.Int32OrDefault("inner_dim", config.Width, 1);
        reader.Require(
            innerWidth == config.Width,
            $"\"inner_dim\" must equal \"num_attention_heads\" times \"attention_head_dim\"; it is {innerWidth}, they are {config.AttentionHeads} and {config.AttentionHeadSize}");
        reader.Require(
            config.FeedForwardWidth is >= 1 and <= MaximumSize,
            FormattableString.Invariant($"\"mlp_ratio\" times \"inner_dim\" must be from 1 to {MaximumSize}; they are {config.FeedForwardRatio} and {config.Width}"));
        reader.Require(
            config.LyricWidth % config.LyricAttentionHeads == 0 && config.LyricWidth % 2 == 0,
            $"\"lyric_hidden_size\" must be even and a multiple of \"lyric_encoder_attention_heads\"; they are {config.LyricWidth} and {config.LyricAttentionHeads}");
        return config;
    }
}
