using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// Self-attention with relative positions (Transformer-XL, https://arxiv.org/abs/1901.02860, section 3.3): the score of
/// query i for key j is ((q_i + u) . k_j + (q_i + v) . p_(i-j)) / sqrt(head size), p being the projected positions.
/// </summary>
internal sealed class RelativeAttention : nn.Module<Tensor, Tensor, Tensor, bool, Tensor>
{
    /// <summary>How many queries meet all keys at once, so that memory grows with the length and not with its square.</summary>
    internal const int QueryWindow = 256;

    private readonly int _heads;
    private readonly int _headSize;

    [ComponentName(Name = "linear_q")]
    private readonly Linear _toQuery;

    [ComponentName(Name = "linear_k")]
    private readonly Linear _toKey;

    [ComponentName(Name = "linear_v")]
    private readonly Linear _toValue;

    [ComponentName(Name = "linear_pos")]
    private readonly Linear _toPosition;

    [ComponentName(Name = "linear_out")]
    private readonly Linear _toOut;

    [ComponentName(Name = "pos_bias_u")]
    private Parameter _contentBias;

    [ComponentName(Name = "pos_bias_v")]
    private Parameter _positionBias;

    public RelativeAttention(int width, int heads)
        : base(nameof(RelativeAttention))
    {
        _heads = heads;
        _headSize = width / heads;
        _toQuery = nn.Linear(width, width, device: META);
        _toKey = nn.Linear(width, width, device: META);
        _toValue = nn.Linear(width, width, device: META);
        _toPosition = nn.Linear(width, width, hasBias: false, device: META);
        _toOut = nn.Linear(width, width, device: META);
        _contentBias = new Parameter(empty(_heads, _headSize, device: META), requires_grad: false);
        _positionBias = new Parameter(empty(_heads, _headSize, device: META), requires_grad: false);
        RegisterComponents();
    }

    /// <summary>[B, T, width] to [B, T, width].</summary>
    /// <param name="hiddenStates">[B, T, width].</param>
    /// <param name="positions">[2T - 1, width]: <see cref="RelativePositions"/>.</param>
    /// <param name="isPadding">[B, 1, 1, T], true where a key must not be attended to. Queries are never masked.</param>
    /// <param name="weaken">Whether the queries are multiplied by <see cref="EntropyRectification.QueryFactor"/>.</param>
    public override Tensor forward(Tensor hiddenStates, Tensor positions, Tensor isPadding, bool weaken)
    {
        using var scope = NewDisposeScope();
        Tensor query = _toQuery.call(hiddenStates);
        if (weaken)
        {
            query.MultiplyInPlace(EntropyRectification.QueryFactor);
        }

        Tensor heads = query.unflatten(2, _heads, _headSize); // [B, T, H, d]
        Tensor byContent = heads.Plus(_contentBias).transpose(1, 2); // [B, H, T, d]
        Tensor byPosition = heads.Plus(_positionBias).transpose(1, 2);
        Tensor key = ToHeads(_toKey.call(hiddenStates)).transpose(-2, -1); // [B, H, d, T]
        Tensor value = ToHeads(_toValue.call(hiddenStates)); // [B, H, T, d]
        Tensor position = ToHeads(_toPosition.call(positions).unsqueeze(0)).transpose(-2, -1); // [1, H, d, 2T - 1]

        long length = hiddenStates.size(1);
        Tensor attended = empty_like(value);
        for (long start = 0; start < length; start += QueryWindow)
        {
            using var windowScope = NewDisposeScope();
            long count = Math.Min(QueryWindow, length - start);

            // The table's rows for these queries: from that of the last query and the first key to that of the first
            // query and the last key.
            Tensor windowPosition = position.narrow(-1, length - start - count, length + count - 1);
            Tensor scores = matmul(byContent.narrow(2, start, count), key); // [B, H, count, T]
            scores.AddInPlace(ShiftToKeys(matmul(byPosition.narrow(2, start, count), windowPosition), length));
            scores.DivideInPlace(Math.Sqrt(_headSize)).FillInPlace(isPadding, double.NegativeInfinity);

            // Without a valid key the softmax is 0 / 0; such a query attends to nothing.
            Tensor weights = scores.softmax(-1).FillInPlace(isPadding, 0);
            attended.narrow(2, start, count).copy_(matmul(weights, value));
        }

        return _toOut.call(attended.transpose(1, 2).flatten(start_dim: 2)).MoveToOuterDisposeScope();
    }

    /// <summary>[B, T, width] to [B, H, T, d]: heads are contiguous runs of features.</summary>
    private Tensor ToHeads(Tensor projected) => projected.unflatten(2, _heads, _headSize).transpose(1, 2);

    /// <summary>
    /// From scores by table row [B, H, count, T + count - 1] to scores by key [B, H, count, T], without a copy: from one
    /// query to the next, the row that belongs to the first key moves one to the left.
    /// </summary>
    private static Tensor ShiftToKeys(Tensor scores, long length)
    {
        (long batch, long heads, long count, long rows) = (scores.size(0), scores.size(1), scores.size(2), scores.size(3));
        return scores.as_strided([batch, heads, count, length], [heads * count * rows, count * rows, rows - 1, 1], count - 1);
    }
}

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
