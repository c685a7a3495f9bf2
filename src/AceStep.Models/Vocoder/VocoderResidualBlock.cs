using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>Pairs of convolutions over time, the first of each pair dilated; each pair with its residual.</summary>
internal sealed class VocoderResidualBlock : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "convs1")]
    private readonly ModuleList<Conv1d> _dilated;

    [ComponentName(Name = "convs2")]
    private readonly ModuleList<Conv1d> _plain;

    /// <summary>Builds the block on the META device.</summary>
    public VocoderResidualBlock(long channels, VocoderResidual sizes)
        : base(nameof(VocoderResidualBlock))
    {
        _dilated = new ModuleList<Conv1d>([.. sizes.Dilations.Select(dilation => Build(dilation))]);
        _plain = new ModuleList<Conv1d>([.. sizes.Dilations.Select(_ => Build(1))]);
        RegisterComponents();

        Conv1d Build(int dilation) =>
            nn.Conv1d(channels, channels, sizes.Kernel, padding: dilation * (sizes.Kernel / 2), dilation: dilation, device: META);
    }

    /// <summary>How many samples, at its own rate, a block of these sizes looks to each side.</summary>
    public static int ReachOf(VocoderResidual sizes) => sizes.Dilations.Sum(dilation => (dilation + 1) * (sizes.Kernel / 2));

    /// <summary>[B, C, T] to the same shape.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = input.alias();
        for (int pair = 0; pair < _dilated.Count; pair++)
        {
            using Tensor activated = x.silu();
            using Tensor hidden = _dilated[pair].call(activated).silu_();
            Tensor next = _plain[pair].call(hidden).AddInPlace(x);
            x.Dispose();
            x = next;
        }

        return x.MoveToOuterDisposeScope();
    }
}
