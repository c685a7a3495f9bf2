using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// Self-attention without a softmax: queries and keys are made positive by a ReLU, so that keys and values can be
/// summed over all frames before any query meets them. The cost grows with the number of frames, not with its square.
/// </summary>
internal sealed class LinearAttention : nn.Module<Tensor, BlockContext, Tensor>
{
    /// <summary>Keeps a query without any similar key from dividing by zero.</summary>
    private const double Epsilon = 1e-15;

    private readonly int _heads;
    private readonly int _headSize;

    [ComponentName(Name = "to_q")]
    private readonly Linear _toQuery;

    [ComponentName(Name = "to_k")]
    private readonly Linear _toKey;

    [ComponentName(Name = "to_v")]
    private readonly Linear _toValue;

    [ComponentName(Name = "to_out")]
    private readonly ModuleList<Linear> _toOut;

    public LinearAttention(int heads, int headSize)
        : base(nameof(LinearAttention))
    {
        int width = heads * headSize;
        _heads = heads;
        _headSize = headSize;
        _toQuery = nn.Linear(width, width, device: META);
        _toKey = nn.Linear(width, width, device: META);
        _toValue = nn.Linear(width, width, device: META);
        _toOut = new ModuleList<Linear>(nn.Linear(width, width, device: META));
        RegisterComponents();
    }

    /// <summary>[B, F, D] to [B, F, D]. All between the projections is float32.</summary>
    public override Tensor forward(Tensor hiddenStates, BlockContext context)
    {
        using var scope = NewDisposeScope();
        Tensor query = context.Weaken(_toQuery.call(hiddenStates)).unflatten(2, _heads, _headSize); // [B, F, H, d]
        Tensor key = _toKey.call(hiddenStates).unflatten(2, _heads, _headSize);
        Tensor value = _toValue.call(hiddenStates).unflatten(2, _heads, _headSize).to(float32);

        query = RotateAndRectify(query, context);
        key = RotateAndRectify(key, context);

        // For each head, the sums over frames of key times value, and of the keys alone.
        Tensor keyValues = matmul(key.permute(0, 2, 3, 1), value.permute(0, 2, 1, 3)); // [B, H, d, d]
        Tensor keys = key.sum(1).unsqueeze(-1); // [B, H, d, 1]

        query = query.transpose(1, 2); // [B, H, F, d]
        Tensor attended = matmul(query, keyValues).div_(matmul(query, keys).AddInPlace(Epsilon));
        return _toOut[0].call(attended.transpose(1, 2).flatten(start_dim: 2).to(hiddenStates.dtype)).MoveToOuterDisposeScope();
    }

    private static Tensor RotateAndRectify(Tensor heads, BlockContext context)
    {
        Tensor rectified = context.FrameRotary.Rotate(heads).relu_();

        // A masked frame must neither be seen (its key is 0) nor see (its query is 0, and so is its result).
        return context.FrameMask is { } mask ? rectified.mul_(mask) : rectified;
    }
}
