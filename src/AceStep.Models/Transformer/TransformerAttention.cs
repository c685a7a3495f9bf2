using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>What both attentions of a block have: projections to heads and back, all as wide as the stream.</summary>
internal abstract class BlockAttention : nn.Module<Tensor, BlockContext, Tensor>
{
    private readonly int _heads;

    [ComponentName(Name = "to_q")]
    private readonly Linear _toQuery;

    [ComponentName(Name = "to_k")]
    private readonly Linear _toKey;

    [ComponentName(Name = "to_v")]
    private readonly Linear _toValue;

    [ComponentName(Name = "to_out")]
    private readonly ModuleList<Linear> _toOut;

    private protected BlockAttention(string name, int heads, int headSize)
        : base(name)
    {
        int width = heads * headSize;
        _heads = heads;
        _toQuery = nn.Linear(width, width, device: META);
        _toKey = nn.Linear(width, width, device: META);
        _toValue = nn.Linear(width, width, device: META);
        _toOut = new ModuleList<Linear>(nn.Linear(width, width, device: META));
        RegisterComponents();
    }

    /// <summary>The frames' queries, [B, F, H, d], weakened where the context says so.</summary>
    private protected Tensor Queries(Tensor hiddenStates, BlockContext context) => ToHeads(context.Weaken(Project(_toQuery, hiddenStates)));

    /// <summary>Keys, [B, T, H, d].</summary>
    private protected Tensor Keys(Tensor hiddenStates) => ToHeads(Project(_toKey, hiddenStates));

    /// <summary>Values, [B, T, H, d].</summary>
    private protected Tensor Values(Tensor hiddenStates) => ToHeads(Project(_toValue, hiddenStates));

    /// <summary>What was attended to, [B, F, H, d], back to the stream: [B, F, D].</summary>
    private protected Tensor FromHeads(Tensor attended, ScalarType dtype) => Project(_toOut[0], attended.flatten(start_dim: 2).to(dtype));

    private static Tensor Project(Linear layer, Tensor tokens) => FrameProduct.Linear(tokens, layer.weight, layer.bias);

    private Tensor ToHeads(Tensor projected) => projected.unflatten(2, _heads, -1);
}

/// <summary>
/// Self-attention without a softmax: queries and keys are made positive by a ReLU, so that keys and values can be
/// summed over all frames before any query is multiplied with them. The cost grows with the number of frames, not with
/// its square.
/// </summary>
internal sealed class LinearAttention(int heads, int headSize) : BlockAttention(nameof(LinearAttention), heads, headSize)
{
    /// <summary>Keeps a query without any similar key from dividing by zero.</summary>
    private const double Epsilon = 1e-15;

    /// <summary>[B, F, D] to [B, F, D]. All between the projections is float32.</summary>
    public override Tensor forward(Tensor hiddenStates, BlockContext context)
    {
        using var scope = NewDisposeScope();
        Tensor query = RotateAndRectify(Queries(hiddenStates, context), context); // [B, F, H, d]
        Tensor key = RotateAndRectify(Keys(hiddenStates), context);
        Tensor value = Values(hiddenStates).to(float32);

        // For each head, the sums over frames of key times value, and of the keys alone.
        Tensor keyValues = matmul(key.permute(0, 2, 3, 1), value.permute(0, 2, 1, 3)); // [B, H, d, d]
        Tensor keys = key.sum(1).unsqueeze(-1); // [B, H, d, 1]

        query = query.transpose(1, 2); // [B, H, F, d]
        Tensor attended = matmul(query, keyValues).div_(matmul(query, keys).AddInPlace(Epsilon));
        return FromHeads(attended.transpose(1, 2), hiddenStates.dtype).MoveToOuterDisposeScope();
    }

    private static Tensor RotateAndRectify(Tensor heads, BlockContext context)
    {
        Tensor rectified = context.FrameRotary.Rotate(heads).relu_();

        // A masked frame must neither be seen (its key is 0) nor see (its query is 0, and so is its result).
        return context.FrameMask is { } mask ? rectified.mul_(mask) : rectified;
    }
}

/// <summary>Softmax attention from frames to the encoded speaker, text and lyrics.</summary>
internal sealed class CrossAttention(int heads, int headSize) : BlockAttention(nameof(CrossAttention), heads, headSize)
{
    /// <summary>The keys, rotated by the encoder's own positions, and the values of [B, S, D]: [B, H, S, d] each.</summary>
    public (Tensor Key, Tensor Value) ProjectEncoder(Tensor encoderHiddenStates, RotaryTable rotary)
    {
        using var scope = NewDisposeScope();
        Tensor key = rotary.Rotate(Keys(encoderHiddenStates)).to(encoderHiddenStates.dtype);
        Tensor value = Values(encoderHiddenStates);
        return (
            key.transpose(1, 2).contiguous().MoveToOuterDisposeScope(),
            value.transpose(1, 2).contiguous().MoveToOuterDisposeScope());
    }

    /// <summary>[B, F, D] to [B, F, D], with the keys and values that the context holds.</summary>
    public override Tensor forward(Tensor hiddenStates, BlockContext context)
    {
        using var scope = NewDisposeScope();
        Tensor query = context.FrameRotary.Rotate(Queries(hiddenStates, context)).to(hiddenStates.dtype).transpose(1, 2); // [B, H, F, d]
        Tensor attended = ExecutionChoices.IsShapeOnly(query)
            ? AttendByProducts(query, context)
            : nn.functional.scaled_dot_product_attention(query, context.Key, context.Value, context.EncoderBias);
        attended = attended.transpose(1, 2); // [B, F, H, d]
        if (context.FrameMask is { } mask)
        {
            // A masked frame attends to nothing. Masking its whole row of scores would leave that to the softmax of a
            // row without any finite score, which not every libtorch takes for zero.
            attended = attended * mask;
        }

        return FromHeads(attended, hiddenStates.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>Scaled dot-product attention as its definition says: [B, H, F, d].</summary>
    internal static Tensor AttendByProducts(Tensor query, BlockContext context)
    {
        using var scope = NewDisposeScope();
        Tensor scores = matmul(query, context.Key.transpose(-2, -1)).Over(Math.Sqrt(query.size(-1))).Plus(context.EncoderBias);
        return matmul(scores.softmax(-1), context.Value).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Rotary positions, with the model's own layout: the table has the angles of the head's first half twice, side by
/// side, but the rotation takes neighbouring features as pairs. So the two features of a pair are turned by different
/// angles, and no rotation by halves or by complex numbers gives the same result.
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
