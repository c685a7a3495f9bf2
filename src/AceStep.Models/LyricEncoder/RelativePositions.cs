using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>The sinusoids of relative positions that all layers of the lyric encoder share.</summary>
internal static class RelativePositions
{
    private const double Base = 10_000;

    /// <summary>
    /// The table for a sequence of <paramref name="length"/> tokens: 2 * length - 1 rows for the relative positions
    /// length - 1 down to 1 - length, in which column 2i is a sine and column 2i + 1 the cosine of the same angle.
    /// </summary>
    /// <returns>[2 * length - 1, width], computed in float32 and then rounded to <paramref name="dtype"/>.</returns>
    public static Tensor Create(long length, long width, ScalarType dtype, Device device)
    {
        using var scope = NewDisposeScope();
        Tensor positions = TensorArithmetic.Range(length - 1, -length, -1, float32, device);
        Tensor frequencies = TensorArithmetic.Range(0, width, 2, float32, device).Times(-Math.Log(Base) / width).exp();
        Tensor angles = outer(positions, frequencies); // [2T - 1, width / 2]
        Tensor table = stack([angles.sin(), angles.cos()], dim: -1).flatten(start_dim: 1); // [2T - 1, width]
        return table.to(dtype).MoveToOuterDisposeScope();
    }
}
