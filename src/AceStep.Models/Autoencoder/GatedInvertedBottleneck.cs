using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>The feed-forward part of an attention block: widened eightfold, convolved channel by channel, gated, narrowed; with its residual.</summary>
internal sealed class GatedInvertedBottleneck : nn.Module<Tensor, Tensor>
{
    /// <summary>How many pixels to each side it looks.</summary>
    public const int Reach = 1;

    private const int Expansion = 4;

    [ComponentName(Name = "conv_inverted")]
    private readonly Conv2d _widen;

    [ComponentName(Name = "conv_depth")]
    private readonly Conv2d _gather;

    [ComponentName(Name = "conv_point")]
    private readonly Conv2d _narrow;

    [ComponentName(Name = "norm")]
    private readonly ChannelRmsNorm _norm;

    /// <summary>Builds it on the META device.</summary>
    public GatedInvertedBottleneck(long channels)
        : base(nameof(GatedInvertedBottleneck))
    {
        long hidden = Expansion * channels;
        _widen = nn.Conv2d(channels, 2 * hidden, 1, device: META);
        _gather = nn.Conv2d(2 * hidden, 2 * hidden, 3, padding: 1, groups: 2 * hidden, device: META);
        _narrow = nn.Conv2d(hidden, channels, 1, bias: false, device: META);
        _norm = new ChannelRmsNorm(channels);
        RegisterComponents();
    }

    /// <summary>[B, C, H, W] to the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor wide = _widen.call(x).silu_();
        Tensor gathered = _gather.call(wide);
        wide.Dispose();
        Tensor[] halves = gathered.chunk(2, 1); // value, gate
        Tensor gated = halves[1].silu().mul_(halves[0]);
        return _norm.call(_narrow.call(gated)).AddInPlace(x).MoveToOuterDisposeScope();
    }
}
