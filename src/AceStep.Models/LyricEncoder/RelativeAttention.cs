using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// Self-attention with relative positions (Transformer-XL, https://arxiv.org/abs/1901.02860, section 3.3): the score of
/// query i for key j is ((q_i + u) . k_j + (q_i + v) . p_(i-j)) / sqrt(head size), p being the projected positions.
/// </summary>
internal sealed class RelativeAttention : nn.Module<Tensor, Tensor, Tensor, bool, Tensor>, IHasParameters
{
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

    /// <inheritdoc/>
    public void Assign(string name, Parameter value)
    {
        switch (name)
        {
            case "pos_bias_u":
                _contentBias.Dispose();
                _contentBias = value;
                break;
            case "pos_bias_v":
                _positionBias.Dispose();
                _positionBias = value;
                break;
            default:
                throw new ArgumentException($"{nameof(RelativeAttention)} has no parameter '{name}' of its own.", nameof(name));
        }

        ConditionallyRegisterParameter(name, value);
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
            query.mul_(EntropyRectification.QueryFactor);
        }

        query = query.unflatten(2, _heads, _headSize); // [B, T, H, d]
        Tensor key = ToHeads(_toKey.call(hiddenStates)); // [B, H, T, d]
        Tensor value = ToHeads(_toValue.call(hiddenStates)); // [B, H, T, d]
        Tensor position = ToHeads(_toPosition.call(positions).unsqueeze(0)); // [1, H, 2T - 1, d]

        Tensor byContent = matmul((query + _contentBias).transpose(1, 2), key.transpose(-2, -1)); // [B, H, T, T]
        Tensor byPosition = matmul((query + _positionBias).transpose(1, 2), position.transpose(-2, -1)); // [B, H, T, 2T - 1]
        Tensor scores = byContent.add_(ShiftToKeys(byPosition)).div_(Math.Sqrt(_headSize)).masked_fill_(isPadding, float.NegativeInfinity);

        // Without a valid key the softmax is 0 / 0; such a query attends to nothing.
        Tensor weights = scores.softmax(-1).masked_fill_(isPadding, 0);
        Tensor attended = matmul(weights, value).transpose(1, 2).flatten(start_dim: 2); // [B, T, width]
        return _toOut.call(attended).MoveToOuterDisposeScope();
    }

    /// <summary>[B, T, width] to [B, H, T, d]: heads are contiguous runs of features.</summary>
    private Tensor ToHeads(Tensor projected) => projected.unflatten(2, _heads, _headSize).transpose(1, 2);

    /// <summary>
    /// From scores by table row [B, H, T, 2T - 1] to scores by key [B, H, T, T], without a copy. Row T - 1 - i + j is
    /// that of query i and key j, so from one query to the next the first key's row moves one to the left.
    /// </summary>
    private static Tensor ShiftToKeys(Tensor scores)
    {
        long batch = scores.size(0);
        long heads = scores.size(1);
        long length = scores.size(2);
        long rows = scores.size(3);
        return scores.as_strided(
            [batch, heads, length, length],
            [heads * length * rows, length * rows, rows - 1, 1],
            length - 1);
    }
}
