using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>One block of UMT5: attention, then feed-forward, each over the normalized and added to the unnormalized states.</summary>
internal sealed class Umt5Block : nn.Module<Tensor, Umt5Pass, bool, Tensor>
{
    [ComponentName(Name = "layer")]
    private readonly Layers _layers;

    public Umt5Block(Umt5Config config)
        : base(nameof(Umt5Block))
    {
        _layers = new Layers(config);
        RegisterComponents();
    }

    /// <summary>[B, S, D] to [B, S, D].</summary>
    /// <param name="hiddenStates">[B, S, D].</param>
    /// <param name="pass">What all blocks share in one pass.</param>
    /// <param name="weaken">Whether the queries are weakened: <see cref="EntropyRectification"/>.</param>
    public override Tensor forward(Tensor hiddenStates, Umt5Pass pass, bool weaken)
    {
        using Tensor attended = _layers.Attention.call(hiddenStates, pass, weaken);
        return _layers.FeedForward.call(attended);
    }

    /// <summary>The two halves under the numbers that the checkpoint gives them.</summary>
    private sealed class Layers : nn.Module
    {
        [ComponentName(Name = "0")]
        private readonly Umt5AttentionLayer _attention;

        [ComponentName(Name = "1")]
        private readonly Umt5FeedForwardLayer _feedForward;

        public Layers(Umt5Config config)
            : base(nameof(Layers))
        {
            _attention = new Umt5AttentionLayer(config);
            _feedForward = new Umt5FeedForwardLayer(config);
            RegisterComponents();
        }

        public Umt5AttentionLayer Attention => _attention;

        public Umt5FeedForwardLayer FeedForward => _feedForward;
    }
}

/// <summary>The first half of a UMT5 block: x + attention(norm(x)).</summary>
internal sealed class Umt5AttentionLayer : nn.Module<Tensor, Umt5Pass, bool, Tensor>
{
    [ComponentName(Name = "layer_norm")]
    private readonly Umt5Norm _norm;

    [ComponentName(Name = "SelfAttention")]
    private readonly Umt5Attention _attention;

    public Umt5AttentionLayer(Umt5Config config)
        : base(nameof(Umt5AttentionLayer))
    {
        _norm = new Umt5Norm(config.Width, config.LayerNormEpsilon);
        _attention = new Umt5Attention(config.Width, config.HeadCount, config.HeadWidth, config.RelativeBucketCount);
        RegisterComponents();
    }

    /// <summary>[B, S, D] to [B, S, D].</summary>
    public override Tensor forward(Tensor hiddenStates, Umt5Pass pass, bool weaken)
    {
        using Tensor normalized = _norm.call(hiddenStates);
        using Tensor mixed = _attention.call(normalized, pass, weaken);
        return hiddenStates.Plus(mixed);
    }
}

/// <summary>The second half of a UMT5 block: x + feedForward(norm(x)).</summary>
internal sealed class Umt5FeedForwardLayer : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "layer_norm")]
    private readonly Umt5Norm _norm;

    [ComponentName(Name = "DenseReluDense")]
    private readonly Umt5FeedForward _feedForward;

    public Umt5FeedForwardLayer(Umt5Config config)
        : base(nameof(Umt5FeedForwardLayer))
    {
        _norm = new Umt5Norm(config.Width, config.LayerNormEpsilon);
        _feedForward = new Umt5FeedForward(config.Width, config.FeedForwardWidth);
        RegisterComponents();
    }

    public override Tensor forward(Tensor hiddenStates)
    {
        using Tensor normalized = _norm.call(hiddenStates);
        using Tensor transformed = _feedForward.call(normalized);
        return hiddenStates.Plus(transformed);
    }
}

/// <summary>UMT5's self-attention: unscaled, with a bias by distance that each block learns for itself.</summary>
internal sealed class Umt5Attention : nn.Module<Tensor, Umt5Pass, bool, Tensor>
{
    private readonly int _headCount;

    [ComponentName(Name = "q")]
    private readonly Linear _query;

    [ComponentName(Name = "k")]
    private readonly Linear _key;

    [ComponentName(Name = "v")]
    private readonly Linear _value;

    [ComponentName(Name = "o")]
    private readonly Linear _output;

    [ComponentName(Name = "relative_attention_bias")]
    private readonly TokenEmbedding _biasByBucket;

    public Umt5Attention(int width, int headCount, int headWidth, int bucketCount)
        : base(nameof(Umt5Attention))
    {
        _headCount = headCount;
        int innerWidth = headCount * headWidth;
        _query = nn.Linear(width, innerWidth, hasBias: false, device: META);
        _key = nn.Linear(width, innerWidth, hasBias: false, device: META);
        _value = nn.Linear(width, innerWidth, hasBias: false, device: META);
        _output = nn.Linear(innerWidth, width, hasBias: false, device: META);
        _biasByBucket = new TokenEmbedding(bucketCount, headCount);
        RegisterComponents();
    }

    /// <summary>Mixes every token with all those that are not masked: [B, S, D], normalized, to [B, S, D].</summary>
    public override Tensor forward(Tensor hiddenStates, Umt5Pass pass, bool weaken)
    {
        using var scope = NewDisposeScope();
        Tensor query = SplitHeads(_query.call(hiddenStates)); // [B, H, S, W]
        Tensor key = SplitHeads(_key.call(hiddenStates));
        Tensor value = SplitHeads(_value.call(hiddenStates));
        if (weaken)
        {
            query.MultiplyInPlace(EntropyRectification.QueryFactor);
        }

        Tensor distanceBias = _biasByBucket.call(pass.Buckets).permute(2, 0, 1).unsqueeze(0); // [1, H, S, S]
        Tensor scores = matmul(query, key.transpose(-1, -2)); // [B, H, S, S]
        scores.AddInPlace(distanceBias.Plus(pass.MaskBias));
        Tensor weights = nn.functional.softmax(scores, -1, float32).to(scores.dtype);
        Tensor context = matmul(weights, value); // [B, H, S, W]
        return _output.call(context.transpose(1, 2).flatten(2)).MoveToOuterDisposeScope();
    }

    private Tensor SplitHeads(Tensor projected) =>
        projected.view(projected.size(0), projected.size(1), _headCount, -1).transpose(1, 2); // [B, S, H x W] to [B, H, S, W]
}

/// <summary>UMT5's feed-forward: one projection, through the tanh form of GELU, gates another.</summary>
internal sealed class Umt5FeedForward : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "wi_0")]
    private readonly Linear _gate;

    [ComponentName(Name = "wi_1")]
    private readonly Linear _input;

    [ComponentName(Name = "wo")]
    private readonly Linear _output;

    public Umt5FeedForward(int width, int innerWidth)
        : base(nameof(Umt5FeedForward))
    {
        _gate = nn.Linear(width, innerWidth, hasBias: false, device: META);
        _input = nn.Linear(width, innerWidth, hasBias: false, device: META);
        _output = nn.Linear(innerWidth, width, hasBias: false, device: META);
        RegisterComponents();
    }

    public override Tensor forward(Tensor hiddenStates)
    {
        using Tensor projected = _gate.call(hiddenStates);
        using Tensor gate = nn.functional.gelu(projected, GELU.Approximate.tanh);
        using Tensor input = _input.call(hiddenStates);
        using Tensor gated = gate * input;
        return _output.call(gated);
    }
}

/// <summary>T5's layer norm: scaled by the root of the mean square, neither centred nor shifted.</summary>
internal sealed class Umt5Norm : nn.Module<Tensor, Tensor>
{
    private readonly double _epsilon;

    [ComponentName(Name = "weight")]
    private Parameter _weight;

    public Umt5Norm(int width, double epsilon)
        : base(nameof(Umt5Norm))
    {
        _epsilon = epsilon;
        _weight = new Parameter(empty([width], device: META), requires_grad: false);
        RegisterComponents();
    }

    public Device Device => _weight.device;

    public override Tensor forward(Tensor hiddenStates)
    {
        using var scope = NewDisposeScope();
        // Computed in float32 whatever the weights' type, and rounded to that type before the product with the weights.
        Tensor wide = hiddenStates.to(float32);
        Tensor meanSquare = wide.Squared().mean([-1], keepdim: true);
        Tensor normalized = wide * rsqrt(meanSquare.Plus(_epsilon));
        return (normalized.to(_weight.dtype) * _weight).MoveToOuterDisposeScope();
    }
}
