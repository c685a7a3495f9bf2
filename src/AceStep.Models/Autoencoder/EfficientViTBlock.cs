using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>One block of the deepest stage: attention, then the gated feed-forward part.</summary>
internal sealed class EfficientViTBlock : nn.Module<Tensor, Tensor?, Tensor>
{
    [ComponentName(Name = "attn")]
    private readonly MultiscaleLinearAttention _attention;

    [ComponentName(Name = "conv_out")]
    private readonly GatedInvertedBottleneck _feedForward;

    /// <summary>Builds the block on the META device.</summary>
    /// <param name="channels">Channels in and out, a multiple of the head width.</param>
    /// <param name="headWidth">Width of one attention head.</param>
    /// <param name="kernels">Kernel sizes of the attention's further scales, odd.</param>
    public EfficientViTBlock(long channels, long headWidth, IReadOnlyList<int> kernels)
        : base(nameof(EfficientViTBlock))
    {
        _attention = new MultiscaleLinearAttention(channels, headWidth, kernels);
        _feedForward = new GatedInvertedBottleneck(channels);
        RegisterComponents();
    }

    /// <summary>How many pixels to each side the block looks, the attention's sums apart.</summary>
    public int Reach => _attention.Reach + GatedInvertedBottleneck.Reach;

    /// <summary>The block's attention, whose sums can be taken window by window.</summary>
    public MultiscaleLinearAttention Attention => _attention;

    /// <summary>[B, C, H, W] to the same shape.</summary>
    /// <param name="x">The input.</param>
    /// <param name="sums">The attention's sums over the picture that the input is a part of; null where the input is the whole.</param>
    public override Tensor forward(Tensor x, Tensor? sums)
    {
        using Tensor attended = _attention.call(x, sums);
        return _feedForward.call(attended);
    }
}

/// <summary>
/// Linear attention of all pixels to all pixels, at one or more scales, with its residual. Keys and values enter it only
/// through sums over all pixels, which are small: a window of a longer picture gives the whole's result when it is given the
/// whole's sums.
/// </summary>
/// <remarks>
/// For pictures of few pixels the original multiplies in another order; that is the same function, so there is one form here.
/// </remarks>
internal sealed class MultiscaleLinearAttention : nn.Module<Tensor, Tensor?, Tensor>
{
    // Keeps pixels whose queries are all zero finite. Representable in float32, in which the sums are taken.
    private const double Epsilon = 1e-15;

    [ComponentName(Name = "to_q")]
    private readonly PointwiseLinear _queries;

    [ComponentName(Name = "to_k")]
    private readonly PointwiseLinear _keys;

    [ComponentName(Name = "to_v")]
    private readonly PointwiseLinear _values;

    [ComponentName(Name = "to_qkv_multiscale")]
    private readonly ModuleList<AttentionScale> _furtherScales;

    [ComponentName(Name = "to_out")]
    private readonly PointwiseLinear _output;

    [ComponentName(Name = "norm_out")]
    private readonly ChannelRmsNorm _norm;

    private readonly long _headWidth;

    /// <summary>Builds the attention on the META device.</summary>
    /// <param name="channels">Channels in and out, a multiple of the head width.</param>
    /// <param name="headWidth">Width of one head.</param>
    /// <param name="kernels">Kernel sizes of the further scales, odd.</param>
    public MultiscaleLinearAttention(long channels, long headWidth, IReadOnlyList<int> kernels)
        : base(nameof(MultiscaleLinearAttention))
    {
        _headWidth = headWidth;
        Reach = kernels.DefaultIfEmpty(1).Max() / 2;
        _queries = new PointwiseLinear(channels, channels);
        _keys = new PointwiseLinear(channels, channels);
        _values = new PointwiseLinear(channels, channels);
        _furtherScales = new ModuleList<AttentionScale>([.. kernels.Select(kernel => new AttentionScale(3 * channels, headWidth, kernel))]);
        _output = new PointwiseLinear(channels * (1 + kernels.Count), channels);
        _norm = new ChannelRmsNorm(channels);
        RegisterComponents();
    }

    /// <summary>How many pixels to each side the projections look, the sums apart.</summary>
    public int Reach { get; }

    /// <summary>The sums over all pixels that the attention is made of.</summary>
    /// <param name="x">The input, [B, C, H, W].</param>
    /// <param name="start">The first column that counts.</param>
    /// <param name="length">The number of columns that count; the others are context.</param>
    /// <returns>[B, heads of all scales, D + 1, D] in float32; sums of adjoining ranges of columns may be added.</returns>
    public Tensor Sums(Tensor x, long start, long length)
    {
        using var scope = NewDisposeScope();
        return cat([.. Project(x).Select(scale => SumsOf(Heads(scale.narrow(3, start, length))))], 1).MoveToOuterDisposeScope();
    }

    /// <summary>[B, C, H, W] to the same shape.</summary>
    /// <param name="x">The input.</param>
    /// <param name="sums">What <see cref="Sums"/> gives for the picture that the input is a part of; null where the input is the whole.</param>
    public override Tensor forward(Tensor x, Tensor? sums)
    {
        using var scope = NewDisposeScope();
        List<Tensor> scales = Project(x);
        Tensor[] attended = new Tensor[scales.Count];
        for (int scale = 0; scale < scales.Count; scale++)
        {
            Tensor heads = Heads(scales[scale]); // [B, H W, heads, 3 D]
            Tensor own = sums is null ? SumsOf(heads) : sums.chunk(scales.Count, 1)[scale];
            attended[scale] = Divide(heads, own).to(x.dtype)
                .reshape(x.size(0), x.size(2), x.size(3), -1).permute(0, 3, 1, 2); // [B, heads D, H, W]
        }

        return _norm.call(_output.call(cat(attended, 1))).AddInPlace(x).MoveToOuterDisposeScope();
    }

    private List<Tensor> Project(Tensor x)
    {
        Tensor projected = cat([_queries.call(x), _keys.call(x), _values.call(x)], 1); // [B, 3 C, H, W]
        return [projected, .. _furtherScales.Select(scale => scale.call(projected))];
    }

    // The heads are cut from the concatenation: each run of 3 D channels is one head's query, key and value.
    private Tensor Heads(Tensor projected) =>
        projected.permute(0, 2, 3, 1).reshape(projected.size(0), projected.size(2) * projected.size(3), -1, 3 * _headWidth).to(float32);

    // The values get a row of ones, so that the keys' own sum, by which the result is divided, comes with the same product.
    private Tensor SumsOf(Tensor heads)
    {
        Tensor keys = heads.narrow(3, _headWidth, _headWidth).relu().permute(0, 2, 1, 3); // [B, heads, H W, D]
        Tensor values = nn.functional.pad(heads.narrow(3, 2 * _headWidth, _headWidth), (0, 1), value: 1).permute(0, 2, 3, 1);
        return matmul(values, keys); // [B, heads, D + 1, D]
    }

    private Tensor Divide(Tensor heads, Tensor sums)
    {
        Tensor queries = heads.narrow(3, 0, _headWidth).relu().permute(0, 2, 1, 3); // [B, heads, H W, D]
        Tensor products = matmul(queries, sums.transpose(2, 3)); // [B, heads, H W, D + 1]
        Tensor attended = products.narrow(3, 0, _headWidth) / products.narrow(3, _headWidth, 1).Plus(Epsilon);
        return attended.permute(0, 2, 1, 3); // [B, H W, heads, D]
    }
}

/// <summary>A further scale of the attention: queries, keys and values gathered from each pixel's surroundings.</summary>
internal sealed class AttentionScale : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "proj_in")]
    private readonly Conv2d _gather;

    [ComponentName(Name = "proj_out")]
    private readonly Conv2d _mix;

    /// <summary>Builds the scale on the META device.</summary>
    /// <param name="channels">Channels of queries, keys and values together.</param>
    /// <param name="headWidth">Width of one head; the mixing stays within runs of this many channels.</param>
    /// <param name="kernel">Pixels that are gathered along each side, odd.</param>
    public AttentionScale(long channels, long headWidth, long kernel)
        : base(nameof(AttentionScale))
    {
        _gather = nn.Conv2d(channels, channels, kernel, padding: kernel / 2, groups: channels, bias: false, device: META);
        _mix = nn.Conv2d(channels, channels, 1, groups: channels / headWidth, bias: false, device: META);
        RegisterComponents();
    }

    /// <summary>[B, 3C, H, W] to the same shape.</summary>
    public override Tensor forward(Tensor projected)
    {
        using Tensor gathered = _gather.call(projected);
        return _mix.call(gathered);
    }
}

/// <summary>The feed-forward part of an attention block: widened eightfold, convolved channel by channel, gated, narrowed; with its residual.</summary>
internal sealed class GatedInvertedBottleneck : nn.Module<Tensor, Tensor>
{
    /// <summary>How many pixels to each side it looks.</summary>
    public const int Reach = 1;

    private const int Expansion = 4;

    [ComponentName(Name = "conv_inverted")]
    private readonly Conv2d _widen;

    [ComponentName(Name = "conv_depth")]
    private readonly Conv2d _gather;

    [ComponentName(Name = "conv_point")]
    private readonly Conv2d _narrow;

    [ComponentName(Name = "norm")]
    private readonly ChannelRmsNorm _norm;

    /// <summary>Builds it on the META device.</summary>
    public GatedInvertedBottleneck(long channels)
        : base(nameof(GatedInvertedBottleneck))
    {
        long hidden = Expansion * channels;
        _widen = nn.Conv2d(channels, 2 * hidden, 1, device: META);
        _gather = nn.Conv2d(2 * hidden, 2 * hidden, 3, padding: 1, groups: 2 * hidden, device: META);
        _narrow = nn.Conv2d(hidden, channels, 1, bias: false, device: META);
        _norm = new ChannelRmsNorm(channels);
        RegisterComponents();
    }

    /// <summary>[B, C, H, W] to the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor wide = _widen.call(x).silu_();
        Tensor gathered = _gather.call(wide);
        wide.Dispose();
        Tensor[] halves = gathered.chunk(2, 1); // value, gate
        Tensor gated = halves[1].silu().mul_(halves[0]);
        return _norm.call(_narrow.call(gated)).AddInPlace(x).MoveToOuterDisposeScope();
    }
}
