using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// The feed-forward of a block: widened, convolved over time feature by feature, then one half gated by the other and
/// brought back.
/// </summary>
internal sealed class GatedConvolution : nn.Module<Tensor, Tensor>
{
    private const int KernelSize = 3;

    [ComponentName(Name = "inverted_conv")]
    private readonly TokenConvolution _expand;

    [ComponentName(Name = "depth_conv")]
    private readonly TokenConvolution _mix;

    [ComponentName(Name = "point_conv")]
    private readonly TokenConvolution _contract;

    public GatedConvolution(int width, int hiddenWidth)
        : base(nameof(GatedConvolution))
    {
        _expand = new TokenConvolution(nn.Conv1d(width, 2 * hiddenWidth, kernel_size: 1, device: META));
        _mix = new TokenConvolution(
            nn.Conv1d(2 * hiddenWidth, 2 * hiddenWidth, KernelSize, padding: KernelSize / 2, groups: 2 * hiddenWidth, device: META));
        _contract = new TokenConvolution(nn.Conv1d(hiddenWidth, width, kernel_size: 1, bias: false, device: META));
        RegisterComponents();
    }

    /// <summary>[B, F, width] to [B, F, width].</summary>
    public override Tensor forward(Tensor hiddenStates)
    {
        using var scope = NewDisposeScope();
        Tensor expanded = _expand.call(hiddenStates).silu_(); // [B, F, 2 * hidden]
        Tensor[] halves = _mix.call(expanded).chunk(2, dim: -1); // the value and its gate, [B, F, hidden] each
        return _contract.call(halves[1].silu().mul_(halves[0])).MoveToOuterDisposeScope();
    }
}
