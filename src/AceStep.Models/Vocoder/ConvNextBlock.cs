using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>One block of the backbone: a depthwise convolution over time, then a feed-forward part on each frame; with its residual.</summary>
internal sealed class ConvNextBlock : nn.Module<Tensor, Tensor>, IHasParameters
{
    private const int Expansion = 4;

    [ComponentName(Name = "dwconv")]
    private readonly Conv1d _gather;

    [ComponentName(Name = "norm")]
    private readonly LayerNorm _norm;

    [ComponentName(Name = "pwconv1")]
    private readonly PointwiseLinear _widen;

    [ComponentName(Name = "pwconv2")]
    private readonly PointwiseLinear _narrow;

    [ComponentName(Name = "gamma")]
    private Parameter _gain;

    /// <summary>Builds the block on the META device; the kernel is odd.</summary>
    public ConvNextBlock(long channels, long kernel)
        : base(nameof(ConvNextBlock))
    {
        _gather = nn.Conv1d(channels, channels, kernel, padding: kernel / 2, groups: channels, device: META);
        _norm = nn.LayerNorm(channels, VocoderBackbone.NormEpsilon, device: META);
        _widen = new PointwiseLinear(channels, Expansion * channels, hasBias: true);
        _narrow = new PointwiseLinear(Expansion * channels, channels, hasBias: true);
        _gain = new Parameter(empty([channels], device: META), requires_grad: false);
        RegisterComponents();
    }

    /// <summary>[B, T, C] to the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _norm.call(_gather.call(x.transpose(1, 2)).transpose(1, 2)).transpose(1, 2); // [B, C, T]
        hidden = _narrow.call(nn.functional.gelu(_widen.call(hidden))); // the erf form
        return hidden.transpose(1, 2).mul_(_gain).AddInPlace(x).MoveToOuterDisposeScope();
    }

    void IHasParameters.Assign(string name, Parameter value)
    {
        _gain.Dispose();
        _gain = value;
        ConditionallyRegisterParameter(name, value);
    }
}
