using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// One block of the transformer: linear self-attention, cross-attention to the encoder and the gated convolution, each
/// added to the stream. The timestep shifts, scales and gates the first and the last; the second it leaves alone.
/// </summary>
internal sealed class TransformerBlock : nn.Module<Tensor, Tensor, BlockContext, Tensor>
{
    /// <summary>Shift, scale and gate of the self-attention, then of the feed-forward.</summary>
    public const int ModulationCount = 6;

    [ComponentName(Name = "scale_shift_table")]
    private Parameter _modulation;

    [ComponentName(Name = "attn")]
    private readonly LinearAttention _selfAttention;

    [ComponentName(Name = "cross_attn")]
    private readonly CrossAttention _crossAttention;

    [ComponentName(Name = "ff")]
    private readonly GatedConvolution _feedForward;

    public TransformerBlock(int heads, int headSize, int feedForwardWidth)
        : base(nameof(TransformerBlock))
    {
        int width = heads * headSize;
        _modulation = new Parameter(empty(ModulationCount, width, device: META), requires_grad: false);
        _selfAttention = new LinearAttention(heads, headSize);
        _crossAttention = new CrossAttention(heads, headSize);
        _feedForward = new GatedConvolution(width, feedForwardWidth);
        RegisterComponents();
    }

    /// <summary>The block's own modulation [6, D], to which the timestep's is added.</summary>
    public Tensor Modulation => _modulation;

    /// <inheritdoc cref="CrossAttention.ProjectEncoder"/>
    public (Tensor Key, Tensor Value) ProjectEncoder(Tensor encoderHiddenStates, RotaryTable rotary) =>
        _crossAttention.ProjectEncoder(encoderHiddenStates, rotary);

    /// <summary>[B, F, D] to [B, F, D].</summary>
    /// <param name="hiddenStates">[B, F, D]: the stream.</param>
    /// <param name="modulation">[6, B or 1, 1, D], float32, in the order of <see cref="ModulationCount"/>; scales are factors, one already added.</param>
    /// <param name="context">What the generation's passes share.</param>
    public override Tensor forward(Tensor hiddenStates, Tensor modulation, BlockContext context)
    {
        using var scope = NewDisposeScope();
        Tensor[] parts = modulation.unbind(0);
        (Tensor attentionShift, Tensor attentionScale, Tensor attentionGate) = (parts[0], parts[1], parts[2].to(hiddenStates.dtype));
        (Tensor feedForwardShift, Tensor feedForwardScale, Tensor feedForwardGate) = (parts[3], parts[4], parts[5].to(hiddenStates.dtype));

        Tensor normalised = RootMeanSquareNorm.Modulate(hiddenStates, attentionShift, attentionScale);
        Tensor stream = hiddenStates.PlusProduct(attentionGate, _selfAttention.call(normalised, context));
        stream.AddInPlace(_crossAttention.call(stream, context));
        normalised = RootMeanSquareNorm.Modulate(stream, feedForwardShift, feedForwardScale);
        return stream.AddProductInPlace(feedForwardGate, _feedForward.call(normalised)).MoveToOuterDisposeScope();
    }
}

/// <summary>The transformer's norm: features divided by their root mean square, then modulated by the timestep. It has no weights.</summary>
internal static class RootMeanSquareNorm
{
    private const double Epsilon = 1e-6;

    /// <summary>norm(x) * scale + shift, computed in float32: [B, F, D] to the same shape and dtype.</summary>
    /// <param name="hiddenStates">[B, F, D].</param>
    /// <param name="shift">[B or 1, 1, D], float32.</param>
    /// <param name="scale">[B or 1, 1, D], float32: the factor itself, not what is added to one.</param>
    public static Tensor Modulate(Tensor hiddenStates, Tensor shift, Tensor scale)
    {
        using var scope = NewDisposeScope();
        Tensor values = hiddenStates.to(float32);
        Tensor meanSquare = values.norm(-1, keepdim: true).Squared().DivideInPlace(values.size(-1)); // [B, F, 1], without a tensor of squares
        Tensor inverse = meanSquare.AddInPlace(Epsilon).rsqrt_();
        return shift.PlusProduct(values * inverse, scale).to(hiddenStates.dtype).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// The feed-forward of a block: widened, convolved over time feature by feature, then one half gated by the other and
/// brought back.
/// </summary>
internal sealed class GatedConvolution : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "inverted_conv")]
    private readonly PointwiseConvolution _expand;

    [ComponentName(Name = "depth_conv")]
    private readonly DepthwiseConvolution _mix;

    [ComponentName(Name = "point_conv")]
    private readonly PointwiseConvolution _contract;

    public GatedConvolution(int width, int hiddenWidth)
        : base(nameof(GatedConvolution))
    {
        _expand = new PointwiseConvolution(width, 2 * hiddenWidth, bias: true);
        _mix = new DepthwiseConvolution(2 * hiddenWidth);
        _contract = new PointwiseConvolution(hiddenWidth, width, bias: false);
        RegisterComponents();
    }

    /// <summary>[B, F, width] to [B, F, width].</summary>
    public override Tensor forward(Tensor hiddenStates)
    {
        using var scope = NewDisposeScope();
        Tensor expanded = _expand.call(hiddenStates); // [B, F, 2 hidden]
        long frames = expanded.size(1);
        long window = ExecutionChoices.FeedForwardWindow(expanded);
        if (frames <= window)
        {
            return _contract.call(Gate(expanded, 0, frames)).MoveToOuterDisposeScope();
        }

        // Only what lies between the products is done in windows: a product of fewer rows would read all weights each time.
        Tensor gated = empty(expanded.size(0), frames, expanded.size(2) / 2, dtype: expanded.dtype, device: expanded.device);
        for (long start = 0; start < frames; start += window)
        {
            using var windowScope = NewDisposeScope();
            long end = Math.Min(start + window, frames);
            gated.narrow(1, start, end - start).copy_(Gate(expanded, start, end));
        }

        expanded.Dispose();
        return _contract.call(gated).MoveToOuterDisposeScope();
    }

    /// <summary>The frames from <paramref name="start"/> up to <paramref name="end"/> of what is contracted.</summary>
    private Tensor Gate(Tensor expanded, long start, long end)
    {
        using var scope = NewDisposeScope();
        long first = Math.Max(start - DepthwiseConvolution.Reach, 0);
        long last = Math.Min(end + DepthwiseConvolution.Reach, expanded.size(1));
        Tensor active = expanded.narrow(1, first, last - first).to(ExecutionChoices.FeedForwardType(expanded)).silu();
        Tensor[] halves = _mix.call(active).narrow(1, start - first, end - start).chunk(2, dim: -1); // the value and its gate
        return halves[1].silu().mul_(halves[0]).to(expanded.dtype).MoveToOuterDisposeScope();
    }
}

/// <summary>A convolution over time of each feature by itself, three frames long, with zeros beyond the ends: [B, F, C] to [B, F, C].</summary>
internal sealed class DepthwiseConvolution : nn.Module<Tensor, Tensor>
{
    /// <summary>How many neighbours on each side a frame sees.</summary>
    public const int Reach = 1;

    [ComponentName(Name = "conv")]
    private readonly Conv1d _convolution;

    public DepthwiseConvolution(int width)
        : base(nameof(DepthwiseConvolution))
    {
        _convolution = nn.Conv1d(width, width, kernel_size: (2 * Reach) + 1, padding: Reach, groups: width, device: META);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor tokens)
    {
        using var scope = NewDisposeScope();
        Tensor convolved = ExecutionChoices.ConvolvesByShifting(tokens) ? Shift(tokens) : _convolution.call(tokens.transpose(1, 2)).transpose(1, 2);
        return convolved.MoveToOuterDisposeScope();
    }

    private Tensor Shift(Tensor tokens)
    {
        Tensor[] weights = _convolution.weight.squeeze(1).t().contiguous().to(tokens.dtype).unbind(0); // before, here, after: [C] each
        long others = tokens.size(1) - Reach;
        Tensor convolved = _convolution.bias!.to(tokens.dtype).PlusProduct(tokens, weights[1]);
        convolved.narrow(1, Reach, others).AddProductInPlace(tokens.narrow(1, 0, others), weights[0]);
        convolved.narrow(1, 0, others).AddProductInPlace(tokens.narrow(1, Reach, others), weights[2]);
        return convolved;
    }
}

/// <summary>A convolution over time whose kernel is one frame long, which is a linear layer: [B, F, C] to [B, F, C'].</summary>
internal sealed class PointwiseConvolution : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv")]
    private readonly Conv1d _convolution;

    public PointwiseConvolution(int inputWidth, int outputWidth, bool bias)
        : base(nameof(PointwiseConvolution))
    {
        _convolution = nn.Conv1d(inputWidth, outputWidth, kernel_size: 1, bias: bias, device: META);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor tokens)
    {
        using Tensor weight = _convolution.weight.squeeze(-1);
        return FrameProduct.Linear(tokens, weight, _convolution.bias);
    }
}

/// <summary>A linear layer over frames, [B, F, C] to [B, F, C'], with rows of zeros added while it runs where that is quicker.</summary>
internal static class FrameProduct
{
    /// <inheritdoc cref="nn.functional.linear"/>
    public static Tensor Linear(Tensor tokens, Tensor weight, Tensor? bias)
    {
        long rows = tokens.size(0) * tokens.size(1);
        long added = ExecutionChoices.AddedRows(tokens, rows);
        if (added == 0)
        {
            return nn.functional.linear(tokens, weight, bias);
        }

        using var scope = NewDisposeScope();
        Tensor padded = nn.functional.pad(tokens.reshape(rows, -1), [0, 0, 0, added]);
        return nn.functional.linear(padded, weight, bias).narrow(0, 0, rows).view(tokens.size(0), tokens.size(1), -1).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// What depends on where a pass runs and not on what it computes: the one place that chooses between libtorch's ways of
/// computing the same thing. The figures behind it are in docs/benchmarks.md.
/// </summary>
internal static class ExecutionChoices
{
    // A frame of the feed-forward is 50 KB in float32: small enough that its values stay in the processor's cache from
    // one operation to the next, large enough that the operations' own cost does not count.
    private const long CpuWindow = 64;

    private const long RowMultiple = 8;
    private const long FewestPaddedRows = 512;
    private const long MostPaddedRows = 1536;

    /// <summary>How many frames the feed-forward, by far the widest part of a block, gates at once.</summary>
    public static long FeedForwardWindow(Tensor hiddenStates) => IsOnCpu(hiddenStates) ? CpuWindow : long.MaxValue;

    /// <summary>
    /// The type that the feed-forward computes in between its products. A CPU without bfloat16 arithmetic converts for each
    /// operation anyway, so converting once is quicker, and it rounds less.
    /// </summary>
    public static ScalarType FeedForwardType(Tensor hiddenStates) => IsOnCpu(hiddenStates) ? float32 : hiddenStates.dtype;

    /// <summary>
    /// How many rows are added to a product's. In bfloat16 oneDNN cuts a product into blocks of equal numbers of rows, which for
    /// 646, 969 and 1,292 (60, 90 and 120 s of music) are of 38 or 57 rows: up to 1.4 times slower than with one or two
    /// rows more, a multiple of 8. Fewer rows are not cut in this way, and many take longer to copy than they save.
    /// </summary>
    public static long AddedRows(Tensor tokens, long rows) =>
        IsOnCpu(tokens) && tokens.dtype == bfloat16 && rows is > FewestPaddedRows and < MostPaddedRows ? -rows & (RowMultiple - 1) : 0;

    /// <summary>
    /// Whether the convolution over time of each feature by itself is computed as a sum of shifted products of whole frames.
    /// On a CPU libtorch's own convolution first moves time to the innermost axis, and back afterwards, which takes longer than the convolution.
    /// </summary>
    public static bool ConvolvesByShifting(Tensor tokens) => IsOnCpu(tokens) || IsShapeOnly(tokens);

    /// <summary>
    /// Whether a pass is run for its shapes alone, on the META device. There libtorch has no convolutions, group norms and
    /// masked attention of its own, so these are made of products.
    /// </summary>
    public static bool IsShapeOnly(Tensor tensor) => tensor.device_type == DeviceType.META;

    private static bool IsOnCpu(Tensor tensor) => tensor.device_type == DeviceType.CPU;
}
