using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>A convolution over time of each feature by itself, three frames long, with zeros beyond the ends: [B, F, C] to [B, F, C].</summary>
internal sealed class DepthwiseConvolution : nn.Module<Tensor, Tensor>
{
    /// <summary>How many neighbours on each side a frame sees.</summary>
    public const int Reach = 1;

    [ComponentName(Name = "conv")]
    private readonly Conv1d _convolution;

    public DepthwiseConvolution(int width)
        : base(nameof(DepthwiseConvolution))
    {
        _convolution = nn.Conv1d(width, width, kernel_size: (2 * Reach) + 1, padding: Reach, groups: width, device: META);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        Tensor convolved = ExecutionChoices.ConvolvesByShifting(tokens) ? Shift(tokens) : _convolution.call(tokens.transpose(1, 2)).transpose(1, 2);
        return convolved.MoveToOuterDisposeScope();
    }

    private Tensor Shift(Tensor tokens)
    {
        Tensor[] weights = _convolution.weight.squeeze(1).t().contiguous().to(tokens.dtype).unbind(0); // before, here, after: [C] each
        long others = tokens.size(1) - Reach;
        Tensor convolved = _convolution.bias!.to(tokens.dtype).PlusProduct(tokens, weights[1]);
        convolved.narrow(1, Reach, others).AddProductInPlace(tokens.narrow(1, 0, others), weights[0]);
        convolved.narrow(1, 0, others).AddProductInPlace(tokens.narrow(1, Reach, others), weights[2]);
        return convolved;
    }
}
