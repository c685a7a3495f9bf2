namespace AceStep.Models;

public sealed partial record VocoderConfig
{
    /// <summary>Takes the sizes from the shapes of a vocoder's tensors, for files that come without a config.json.</summary>
    /// <param name="source">The tensors by their checkpoint names (<c>backbone.channel_layers.0.0.weight</c>...), weight norm as it is stored.</param>
    /// <param name="others">What no tensor tells: rates, dilations, the kernels of the head, the sample rate.</param>
    /// <exception cref="CheckpointFormatException">A tensor that tells a size is missing or has another number of axes.</exception>
    public static VocoderConfig FromTensors(ITensorSource source, VocoderConfig others)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(others);
        TensorSizes sizes = new(source, "the vocoder");
        int stages = sizes.Count(stage => Depthwise(stage, 0));
        sizes.Require(stages > 0, "the vocoder must have at least one stage; it has none", Depthwise(0, 0));
        return others with
        {
            MelBins = sizes.Size("backbone.channel_layers.0.0.weight", 1, 3),
            BackboneKernel = sizes.Size(Depthwise(0, 0), 2, 3),
            BackboneStages =
            [
                .. Enumerable.Range(0, stages).Select(stage => new VocoderBackboneStage
                {
                    Channels = sizes.Size(Depthwise(stage, 0), 0, 3),
                    Layers = sizes.Count(layer => Depthwise(stage, layer)),
                }),
            ],
            HeadChannels = sizes.Has("head.conv_pre.weight_v") ? sizes.Size("head.conv_pre.weight_v", 0, 3) : sizes.Size("head.conv_pre.weight", 0, 3),
        };

        static string Depthwise(int stage, int layer) => $"backbone.stages.{stage}.{layer}.dwconv.weight";
    }
}
