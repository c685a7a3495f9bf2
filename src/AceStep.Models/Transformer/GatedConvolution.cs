using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// The feed-forward of a block: widened, convolved over time feature by feature, then one half gated by the other and
/// brought back.
/// </summary>
internal sealed class GatedConvolution : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "inverted_conv")]
    private readonly PointwiseConvolution _expand;

    [ComponentName(Name = "depth_conv")]
    private readonly DepthwiseConvolution _mix;

    [ComponentName(Name = "point_conv")]
    private readonly PointwiseConvolution _contract;

    public GatedConvolution(int width, int hiddenWidth)
        : base(nameof(GatedConvolution))
    {
        _expand = new PointwiseConvolution(width, 2 * hiddenWidth, bias: true);
        _mix = new DepthwiseConvolution(2 * hiddenWidth);
        _contract = new PointwiseConvolution(hiddenWidth, width, bias: false);
        RegisterComponents();
    }

    /// <summary>[B, F, width] to [B, F, width].</summary>
    public override Tensor forward(Tensor hiddenStates)
    {
        long frames = hiddenStates.size(1);
        long window = ExecutionChoices.FeedForwardWindow(hiddenStates);
        if (frames <= window)
        {
            return Transform(hiddenStates, 0, frames);
        }

        using var scope = NewDisposeScope();
        Tensor result = empty_like(hiddenStates);
        for (long start = 0; start < frames; start += window)
        {
            using var windowScope = NewDisposeScope();
            long end = Math.Min(start + window, frames);
            result.narrow(1, start, end - start).copy_(Transform(hiddenStates, start, end));
        }

        return result.MoveToOuterDisposeScope();
    }

    /// <summary>The frames from <paramref name="start"/> up to <paramref name="end"/> of the result.</summary>
    private Tensor Transform(Tensor hiddenStates, long start, long end)
    {
        using var scope = NewDisposeScope();
        long first = Math.Max(start - DepthwiseConvolution.Reach, 0);
        long last = Math.Min(end + DepthwiseConvolution.Reach, hiddenStates.size(1));
        Tensor expanded = _expand.call(hiddenStates.narrow(1, first, last - first)).to(ExecutionChoices.FeedForwardType(hiddenStates)).silu_();
        Tensor[] halves = _mix.call(expanded).narrow(1, start - first, end - start).chunk(2, dim: -1); // the value and its gate
        Tensor gated = halves[1].silu().mul_(halves[0]).to(hiddenStates.dtype);
        return _contract.call(gated).MoveToOuterDisposeScope();
    }
}
