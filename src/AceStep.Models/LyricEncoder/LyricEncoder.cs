using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// The lyric encoder: a conformer without convolutions, that is a pre-norm transformer with relative positions, over
/// embedded lyric tokens.
/// </summary>
internal sealed class LyricEncoder : nn.Module<Tensor, Tensor, bool, Tensor>
{
    /// <summary>The epsilon of all its norms.</summary>
    public const double NormEpsilon = 1e-5;

    /// <summary>The number of layers: no config has a key for it.</summary>
    private const int LayerCount = 6;

    private readonly int _width;

    [ComponentName(Name = "embed")]
    private readonly LyricEmbedding _embedding;

    [ComponentName(Name = "encoders")]
    private readonly ModuleList<LyricEncoderLayer> _layers;

    [ComponentName(Name = "after_norm")]
    private readonly LayerNorm _finalNorm;

    public LyricEncoder(int width, int heads, int hiddenWidth)
        : base(nameof(LyricEncoder))
    {
        _width = width;
        _embedding = new LyricEmbedding(width);
        _layers = new ModuleList<LyricEncoderLayer>(
            [.. Enumerable.Range(0, LayerCount).Select(_ => new LyricEncoderLayer(width, heads, hiddenWidth))]);
        _finalNorm = nn.LayerNorm(width, NormEpsilon, device: META);
        RegisterComponents();
    }

    /// <summary>[B, T, width] to [B, T, width].</summary>
    /// <param name="embeddings">[B, T, width]: the embedded tokens.</param>
    /// <param name="mask">[B, T], nonzero where a token is real. Rows of padding are computed like the others; the attention must mask them.</param>
    /// <param name="weaken">Whether queries are weakened: <see cref="EntropyRectification"/>.</param>
    public override Tensor forward(Tensor embeddings, Tensor mask, bool weaken)
    {
        using var scope = NewDisposeScope();
        Tensor isPadding = mask.logical_not().unsqueeze(1).unsqueeze(1); // [B, 1, 1, T]
        Tensor positions = RelativePositions.Create(embeddings.size(1), _width, embeddings.dtype, embeddings.device);
        Tensor hiddenStates = _embedding.call(embeddings);
        for (int layer = 0; layer < _layers.Count; layer++)
        {
            hiddenStates = _layers[layer].call(hiddenStates, positions, isPadding, weaken && EntropyRectification.WeakensLyricLayer(layer));
        }

        return _finalNorm.call(hiddenStates).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// The lyric encoder's input layer: a linear layer, a norm and a factor of sqrt(width). Positions are not added to the
/// stream, as they are elsewhere after such a factor; the attention takes them as an input of its own.
/// </summary>
internal sealed class LyricEmbedding : nn.Module<Tensor, Tensor>
{
    private readonly double _scale;

    [ComponentName(Name = "out")]
    private readonly Sequential _out;

    public LyricEmbedding(int width)
        : base(nameof(LyricEmbedding))
    {
        _scale = Math.Sqrt(width);
        _out = nn.Sequential(
            ("0", nn.Linear(width, width, device: META)),
            ("1", nn.LayerNorm(width, LyricEncoder.NormEpsilon, device: META)));
        RegisterComponents();
    }

    /// <summary>[B, T, width] to [B, T, width].</summary>
    public override Tensor forward(Tensor embeddings) => _out.call(embeddings).MultiplyInPlace(_scale);
}

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

/// <summary>The lyric encoder's feed-forward: two linear layers with a SiLU between them.</summary>
internal sealed class LyricFeedForward : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "w_1")]
    private readonly Linear _expand;

    [ComponentName(Name = "w_2")]
    private readonly Linear _contract;

    public LyricFeedForward(int width, int hiddenWidth)
        : base(nameof(LyricFeedForward))
    {
        _expand = nn.Linear(width, hiddenWidth, device: META);
        _contract = nn.Linear(hiddenWidth, width, device: META);
        RegisterComponents();
    }

    /// <summary>[B, T, width] to [B, T, width].</summary>
    public override Tensor forward(Tensor hiddenStates)
    {
        using Tensor hidden = _expand.call(hiddenStates).silu_();
        return _contract.call(hidden);
    }
}
