using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// Rotary positions, with the model's own layout: the table has the angles of the head's first half twice, side by
/// side, but the rotation takes neighbouring features as pairs. So the two features of a pair meet different angles,
/// and no rotation by halves or by complex numbers gives the same result.
/// </summary>
/// <remarks>Angles, sines and products are float32 in every precision. Owns its tensors.</remarks>
internal sealed class RotaryTable : IDisposable
{
    private readonly Tensor _cosine; // [F, 1, d], float32
    private readonly Tensor _sine; // [F, 1, d], float32
    private readonly Tensor _quarterTurn; // [d, d], in the dtype of what is rotated

    private RotaryTable(Tensor cosine, Tensor sine, Tensor quarterTurn)
    {
        _cosine = cosine.DetachFromDisposeScope();
        _sine = sine.DetachFromDisposeScope();
        _quarterTurn = quarterTurn.DetachFromDisposeScope();
    }

    /// <summary>The table for the positions 0 to <paramref name="length"/> - 1.</summary>
    /// <param name="length">The number of positions.</param>
    /// <param name="headSize">The number of features of a head, even.</param>
    /// <param name="theta">The base of the frequencies.</param>
    /// <param name="dtype">The dtype of the tensors that will be rotated.</param>
    /// <param name="device">Where they are.</param>
    public static RotaryTable Create(long length, int headSize, double theta, ScalarType dtype, Device device)
    {
        using var scope = NewDisposeScope();
        Tensor exponents = TensorArithmetic.Range(0, headSize, 2, float32, device).Over(headSize);
        Tensor frequencies = zeros_like(exponents).Plus(theta).pow(exponents).reciprocal(); // [d / 2]
        Tensor angles = outer(TensorArithmetic.Range(0, length, 1, float32, device), frequencies); // [F, d / 2]
        Tensor table = cat([angles, angles], dim: -1).unsqueeze(1); // [F, 1, d]

        // (x0, x1) -> (-x1, x0) for each pair of neighbours, as a product: every sum has one term, so it is exact in
        // any precision, and it is quicker than taking the pairs apart and putting them together again.
        Tensor turn = zeros(headSize / 2, 2, headSize / 2, 2, dtype: dtype, device: device);
        Tensor diagonal = turn.diagonal(dim1: 0, dim2: 2); // [2, 2, d / 2]: from, to, pair
        diagonal[1, 0] = -ones(headSize / 2, dtype: dtype, device: device);
        diagonal[0, 1] = ones(headSize / 2, dtype: dtype, device: device);
        return new RotaryTable(table.cos(), table.sin(), turn.view(headSize, headSize));
    }

    /// <summary>The number of positions.</summary>
    public long Length => _cosine.size(0);

    /// <summary>Another owner of the same memory.</summary>
    public RotaryTable Share() => new(_cosine.alias(), _sine.alias(), _quarterTurn.alias());

    /// <summary>Rotates each row by its position: [B, F, H, d] to the same shape in float32.</summary>
    public Tensor Rotate(Tensor heads)
    {
        using Tensor turned = matmul(heads, _quarterTurn);
        return (heads * _cosine).AddProductInPlace(turned, _sine);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cosine.Dispose();
        _sine.Dispose();
        _quarterTurn.Dispose();
    }
}
