namespace AceStep.Models;

public sealed partial record AutoencoderConfig
{
    /// <summary>Takes the sizes from the shapes of a codec's tensors, for files that come without a config.json. They tell all of them.</summary>
    /// <param name="source">The tensors by their checkpoint names (<c>encoder.conv_in.weight</c>...).</param>
    /// <exception cref="CheckpointFormatException">A tensor that tells a size is missing or has another number of axes, or sizes do not go together.</exception>
    public static AutoencoderConfig FromTensors(ITensorSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        TensorSizes sizes = new(source, "the latent codec");
        AutoencoderStage[] encoder = [.. StagesOf(sizes, "encoder.down_blocks")];
        AutoencoderStage[] decoder = [.. StagesOf(sizes, "decoder.up_blocks")];
        sizes.Require(
            encoder.Length is > 0 and <= MaximumStages && decoder.Length == encoder.Length,
            $"encoder and decoder must have equally many stages, 1 to {MaximumStages}; they have {encoder.Length} and {decoder.Length}");
        sizes.Require(
            encoder.SkipLast(1).Concat(decoder.SkipLast(1)).All(stage => stage.AttentionKernels.Count == 0),
            "only the last stage of encoder and decoder may attend");
        AutoencoderConfig config = new()
        {
            InChannels = sizes.Size("encoder.conv_in.weight", 1, 4),
            LatentChannels = sizes.Size("encoder.conv_out.weight", 0, 4),
            AttentionHeadDim = sizes.Size($"encoder.down_blocks.{encoder.Length - 1}.0.attn.to_qkv_multiscale.0.proj_out.weight", 1, 4),
            EncoderStages = encoder,
            DecoderStages = decoder,
        };
        foreach (AutoencoderStage[] stages in (AutoencoderStage[][])[encoder, decoder])
        {
            int deepest = stages[^1].Channels;
            sizes.Require(
                deepest % config.LatentChannels == 0 && deepest % config.AttentionHeadDim == 0 && stages.Zip(stages.Skip(1)).All(pair => 4 * pair.First.Channels % pair.Second.Channels == 0),
                $"the widths of the stages must go together; they are {string.Join(", ", stages.Select(stage => stage.Channels))}");
        }

        return config;
    }

    private static IEnumerable<AutoencoderStage> StagesOf(TensorSizes sizes, string blocks)
    {
        for (int stage = 0; stage < MaximumStages; stage++)
        {
            // In the decoder the change of rate comes first, but for the last stage; in the encoder it comes last.
            int first = sizes.Has($"{blocks}.{stage}.0.conv.weight") ? 1 : 0;
            int attending = sizes.Count(Query, first);
            int layers = attending > 0 ? attending : sizes.Count(Convolution, first);
            if (layers == 0)
            {
                yield break;
            }

            yield return new AutoencoderStage
            {
                Channels = attending > 0 ? sizes.Size(Query(first), 0, 2) : sizes.Size(Convolution(first), 0, 4),
                Layers = layers,
                AttentionKernels = attending > 0 ? [.. Enumerable.Range(0, sizes.Count(Scale)).Select(scale => sizes.Size(Scale(scale), 2, 4))] : [],
            };

            string Query(int layer) => $"{blocks}.{stage}.{layer}.attn.to_q.weight";
            string Convolution(int layer) => $"{blocks}.{stage}.{layer}.conv1.weight";
            string Scale(int scale) => $"{blocks}.{stage}.{first}.attn.to_qkv_multiscale.{scale}.proj_in.weight";
        }
    }
}
