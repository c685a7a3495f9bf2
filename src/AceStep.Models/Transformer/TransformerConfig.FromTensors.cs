namespace AceStep.Models;

public sealed partial record TransformerConfig
{
    /// <summary>Takes the sizes from the shapes of a transformer's tensors, for files that come without a config.json.</summary>
    /// <param name="source">The tensors by their checkpoint names (<c>transformer_blocks.0...</c>).</param>
    /// <param name="others">What no tensor tells: the features of a head and the rotary base.</param>
    /// <exception cref="CheckpointFormatException">A tensor that tells a size is missing or has another number of axes, or sizes do not go together.</exception>
    public static TransformerConfig FromTensors(ITensorSource source, TransformerConfig others)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(others);
        const string Entry = "proj_in.early_conv_layers.0.weight"; // [256 C, C, patch, 1]
        const string FirstLyricLayer = "lyric_encoder.encoders.0.";
        TensorSizes sizes = new(source, "an ACE-Step transformer");
        int width = sizes.Size("genre_embedder.weight", 0, 2);
        int layers = sizes.Count(block => $"transformer_blocks.{block}.attn.to_q.weight");
        int patchHeight = sizes.Size(Entry, 2, 4);
        int outFeatures = sizes.Size("final_layer.linear.weight", 0, 2);
        int feedForward = sizes.Size("transformer_blocks.0.ff.point_conv.conv.weight", 1, 3);
        int lyricWidth = sizes.Size("lyric_embs.weight", 1, 2);
        int lyricHeads = sizes.Size(FirstLyricLayer + "self_attn.pos_bias_u", 0, 2);
        sizes.Require(
            width % others.AttentionHeadSize == 0,
            $"the width must be a multiple of {others.AttentionHeadSize}, the features of the released model's heads, where no config.json says how many there are; it is {width}");
        sizes.Require(outFeatures % patchHeight == 0, $"the final layer's outputs must be whole columns of {patchHeight} rows; there are {outFeatures}");
        sizes.Require(lyricWidth % lyricHeads == 0 && lyricWidth % 2 == 0, $"the lyric encoder's width must be even and a multiple of its heads; they are {lyricWidth} and {lyricHeads}");
        TransformerConfig config = new()
        {
            InChannels = sizes.Size(Entry, 1, 4),
            OutChannels = outFeatures / patchHeight,
            PatchHeight = patchHeight,
            LayerCount = layers,
            AttentionHeads = width / others.AttentionHeadSize,
            AttentionHeadSize = others.AttentionHeadSize,
            FeedForwardRatio = RatioOf(feedForward, width),
            RotaryTheta = others.RotaryTheta,
            TextWidth = sizes.Size("genre_embedder.weight", 1, 2),
            SpeakerWidth = sizes.Size("speaker_embedder.weight", 1, 2),
            LyricVocabularySize = sizes.Size("lyric_embs.weight", 0, 2),
            LyricWidth = lyricWidth,
            LyricAttentionHeads = lyricHeads,
            LyricFeedForwardWidth = sizes.Size(FirstLyricLayer + "feed_forward.w_1.weight", 0, 2),
        };
        sizes.Require(config.OutChannels == config.InChannels, $"the channels that come out must be those that go in; they are {config.OutChannels} and {config.InChannels}");
        return config;
    }

    /// <summary>The ratio that gives a width back when it is multiplied and rounded down.</summary>
    private static double RatioOf(int feedForward, int width)
    {
        double ratio = (double)feedForward / width;
        return (int)(width * ratio) == feedForward ? ratio : Math.BitIncrement(ratio);
    }
}
