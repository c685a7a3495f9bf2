using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>Softmax attention from frames to the encoded speaker, text and lyrics.</summary>
internal sealed class CrossAttention : nn.Module<Tensor, BlockContext, Tensor>
{
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

    public CrossAttention(int heads, int headSize)
        : base(nameof(CrossAttention))
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

    /// <summary>The keys, rotated by the encoder's own positions, and the values of [B, S, D]: [B, H, S, d] each.</summary>
    public (Tensor Key, Tensor Value) ProjectEncoder(Tensor encoderHiddenStates, RotaryTable rotary)
    {
        using var scope = NewDisposeScope();
        Tensor key = rotary.Rotate(_toKey.call(encoderHiddenStates).unflatten(2, _heads, _headSize)).to(encoderHiddenStates.dtype);
        Tensor value = _toValue.call(encoderHiddenStates).unflatten(2, _heads, _headSize);
        return (
            key.transpose(1, 2).contiguous().MoveToOuterDisposeScope(),
            value.transpose(1, 2).contiguous().MoveToOuterDisposeScope());
    }

    /// <summary>[B, F, D] to [B, F, D], with the keys and values that the context holds.</summary>
    public override Tensor forward(Tensor hiddenStates, BlockContext context)
    {
        using var scope = NewDisposeScope();
        Tensor query = context.Weaken(_toQuery.call(hiddenStates)).unflatten(2, _heads, _headSize); // [B, F, H, d]
        query = context.FrameRotary.Rotate(query).to(hiddenStates.dtype).transpose(1, 2); // [B, H, F, d]
        Tensor attended = nn.functional.scaled_dot_product_attention(query, context.Key, context.Value, context.EncoderBias);
        attended = attended.transpose(1, 2); // [B, F, H, d]
        if (context.FrameMask is { } mask)
        {
            // A masked frame attends to nothing. Masking its whole row of scores would leave that to the softmax of a
            // row without any finite score, which not every libtorch takes for zero.
            attended = attended * mask;
        }

        return _toOut[0].call(attended.flatten(start_dim: 2)).MoveToOuterDisposeScope();
    }
}
