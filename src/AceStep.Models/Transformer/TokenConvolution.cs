using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// A convolution over time, on tokens with their features innermost: [B, F, C] to [B, F, C']. The features stay
/// innermost, so nothing is transposed in memory.
/// </summary>
internal sealed class TokenConvolution : nn.Module<Tensor, Tensor>
{
    private readonly bool _isProjection;

    [ComponentName(Name = "conv")]
    private readonly Conv1d _convolution;

    public TokenConvolution(Conv1d convolution)
        : base(nameof(TokenConvolution))
    {
        _convolution = convolution;
        _isProjection = convolution.weight.size(-1) == 1;
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();

        // A kernel of one frame is a matrix product, and as such it is faster.
        Tensor convolved = _isProjection
            ? nn.functional.linear(tokens, _convolution.weight.squeeze(-1), _convolution.bias)
            : _convolution.call(tokens.transpose(1, 2)).transpose(1, 2);
        return convolved.MoveToOuterDisposeScope();
    }
}
