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
        using var scope = NewDisposeScope();
        Tensor expanded = _expand.call(hiddenStates); // [B, F, 2 hidden]
        long frames = expanded.size(1);
        long window = ExecutionChoices.FeedForwardWindow(expanded);
        if (frames <= window)
        {
            return _contract.call(Gate(expanded, 0, frames)).MoveToOuterDisposeScope();
        }

        // Only what lies between the products is done in windows: a product of fewer rows would read all weights each time.
        Tensor gated = empty(expanded.size(0), frames, expanded.size(2) / 2, dtype: expanded.dtype, device: expanded.device);
        for (long start = 0; start < frames; start += window)
        {
            using var windowScope = NewDisposeScope();
            long end = Math.Min(start + window, frames);
            gated.narrow(1, start, end - start).copy_(Gate(expanded, start, end));
        }

        expanded.Dispose();
        return _contract.call(gated).MoveToOuterDisposeScope();
    }

    /// <summary>The frames from <paramref name="start"/> up to <paramref name="end"/> of what is contracted.</summary>
    private Tensor Gate(Tensor expanded, long start, long end)
    {
        using var scope = NewDisposeScope();
        long first = Math.Max(start - DepthwiseConvolution.Reach, 0);
        long last = Math.Min(end + DepthwiseConvolution.Reach, expanded.size(1));
        Tensor active = expanded.narrow(1, first, last - first).to(ExecutionChoices.FeedForwardType(expanded)).silu();
        Tensor[] halves = _mix.call(active).narrow(1, start - first, end - start).chunk(2, dim: -1); // the value and its gate
        return halves[1].silu().mul_(halves[0]).to(expanded.dtype).MoveToOuterDisposeScope();
    }
}
