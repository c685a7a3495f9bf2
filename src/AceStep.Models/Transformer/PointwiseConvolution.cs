using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>A convolution over time whose kernel is one frame long, which is a linear layer: [B, F, C] to [B, F, C'].</summary>
internal sealed class PointwiseConvolution : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv")]
    private readonly Conv1d _convolution;

    public PointwiseConvolution(int inputWidth, int outputWidth, bool bias)
        : base(nameof(PointwiseConvolution))
    {
        _convolution = nn.Conv1d(inputWidth, outputWidth, kernel_size: 1, bias: bias, device: META);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor tokens)
    {
        using Tensor weight = _convolution.weight.squeeze(-1);
        return nn.functional.linear(tokens, weight, _convolution.bias);
    }
}
