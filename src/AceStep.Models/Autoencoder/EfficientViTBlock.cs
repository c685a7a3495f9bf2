using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>One block of the deepest stage: attention, then the gated feed-forward part.</summary>
internal sealed class EfficientViTBlock : nn.Module<Tensor, Tensor?, Tensor>
{
    [ComponentName(Name = "attn")]
    private readonly MultiscaleLinearAttention _attention;

    [ComponentName(Name = "conv_out")]
    private readonly GatedInvertedBottleneck _feedForward;

    /// <summary>Builds the block on the META device.</summary>
    /// <param name="channels">Channels in and out, a multiple of the head width.</param>
    /// <param name="headWidth">Width of one attention head.</param>
    /// <param name="kernels">Kernel sizes of the attention's further scales, odd.</param>
    public EfficientViTBlock(long channels, long headWidth, IReadOnlyList<int> kernels)
        : base(nameof(EfficientViTBlock))
    {
        _attention = new MultiscaleLinearAttention(channels, headWidth, kernels);
        _feedForward = new GatedInvertedBottleneck(channels);
        RegisterComponents();
    }

    /// <summary>How many pixels to each side the block looks, the attention's sums apart.</summary>
    public int Reach => _attention.Reach + GatedInvertedBottleneck.Reach;

    /// <summary>The block's attention, whose sums can be taken window by window.</summary>
    public MultiscaleLinearAttention Attention => _attention;

    /// <summary>[B, C, H, W] to the same shape.</summary>
    /// <param name="x">The input.</param>
    /// <param name="sums">The attention's sums over the picture that the input is a part of; null where the input is the whole.</param>
    public override Tensor forward(Tensor x, Tensor? sums)
    {
        using Tensor attended = _attention.call(x, sums);
        return _feedForward.call(attended);
    }
}
