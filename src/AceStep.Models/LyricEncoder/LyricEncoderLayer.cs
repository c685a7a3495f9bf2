using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>One pre-norm block of the lyric encoder: relative self-attention, then the feed-forward, each added to the stream.</summary>
internal sealed class LyricEncoderLayer : nn.Module<Tensor, Tensor, Tensor, bool, Tensor>
{
    [ComponentName(Name = "norm_mha")]
    private readonly LayerNorm _attentionNorm;

    [ComponentName(Name = "self_attn")]
    private readonly RelativeAttention _attention;

    [ComponentName(Name = "norm_ff")]
    private readonly LayerNorm _feedForwardNorm;

    [ComponentName(Name = "feed_forward")]
    private readonly LyricFeedForward _feedForward;

    public LyricEncoderLayer(int width, int heads, int hiddenWidth)
        : base(nameof(LyricEncoderLayer))
    {
        _attentionNorm = nn.LayerNorm(width, LyricEncoder.NormEpsilon, device: META);
        _attention = new RelativeAttention(width, heads);
        _feedForwardNorm = nn.LayerNorm(width, LyricEncoder.NormEpsilon, device: META);
        _feedForward = new LyricFeedForward(width, hiddenWidth);
        RegisterComponents();
    }

    /// <summary>[B, T, width] to [B, T, width]; the parameters are those of <see cref="RelativeAttention"/>.</summary>
    public override Tensor forward(Tensor hiddenStates, Tensor positions, Tensor isPadding, bool weaken)
    {
        using var scope = NewDisposeScope();
        Tensor attended = hiddenStates.Plus(_attention.call(_attentionNorm.call(hiddenStates), positions, isPadding, weaken));
        return attended.AddInPlace(_feedForward.call(_feedForwardNorm.call(attended))).MoveToOuterDisposeScope();
    }
}
