using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>The transformer's norm: features divided by their root mean square, then modulated by the timestep. It has no weights.</summary>
internal static class RootMeanSquareNorm
{
    private const double Epsilon = 1e-6;

    /// <summary>norm(x) * scale + shift, computed in float32: [B, F, D] to the same shape and dtype.</summary>
    /// <param name="hiddenStates">[B, F, D].</param>
    /// <param name="shift">[B or 1, 1, D], float32.</param>
    /// <param name="scale">[B or 1, 1, D], float32: the factor itself, not what is added to one.</param>
    public static Tensor Modulate(Tensor hiddenStates, Tensor shift, Tensor scale)
    {
        using var scope = NewDisposeScope();
        Tensor values = hiddenStates.to(float32);
        Tensor meanSquare = values.norm(-1, keepdim: true).Squared().DivideInPlace(values.size(-1)); // [B, F, 1], without a tensor of squares
        Tensor inverse = meanSquare.AddInPlace(Epsilon).rsqrt_();
        return shift.PlusProduct(values * inverse, scale).to(hiddenStates.dtype).MoveToOuterDisposeScope();
    }
}
