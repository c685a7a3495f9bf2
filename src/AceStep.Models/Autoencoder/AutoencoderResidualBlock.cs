using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>Two 3×3 convolutions with a SiLU between and a norm after them, added to the input.</summary>
internal sealed class AutoencoderResidualBlock : nn.Module<Tensor, Tensor>
{
    /// <summary>How many pixels to each side the block looks.</summary>
    public const int Reach = 2;

    [ComponentName(Name = "conv1")]
    private readonly Conv2d _firstConvolution;

    [ComponentName(Name = "conv2")]
    private readonly Conv2d _secondConvolution;

    [ComponentName(Name = "norm")]
    private readonly ChannelRmsNorm _norm;

    /// <summary>Builds the block on the META device.</summary>
    public AutoencoderResidualBlock(long channels)
        : base(nameof(AutoencoderResidualBlock))
    {
        _firstConvolution = nn.Conv2d(channels, channels, 3, padding: 1, device: META);
        _secondConvolution = nn.Conv2d(channels, channels, 3, padding: 1, bias: false, device: META);
        _norm = new ChannelRmsNorm(channels);
        RegisterComponents();
    }

    /// <summary>[B, C, H, W] to the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _firstConvolution.call(x).silu_();
        Tensor update = _secondConvolution.call(hidden);
        // At the widest resolution each of these is among the largest tensors there are.
        hidden.Dispose();
        return _norm.call(update).AddInPlace(x).MoveToOuterDisposeScope();
    }
}
