using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>Two 3×3 convolutions with a SiLU between and a norm after them, added to the input.</summary>
internal sealed class AutoencoderResidualBlock : nn.Module<Tensor, Tensor>
{
    /// <summary>How many pixels to each side the block looks.</summary>
    public const int Reach = 2;

    [ComponentName(Name = "conv1")]
    private readonly Conv2d _firstConvolution;

    [ComponentName(Name = "conv2")]
    private readonly Conv2d _secondConvolution;

    [ComponentName(Name = "norm")]
    private readonly ChannelRmsNorm _norm;

    /// <summary>Builds the block on the META device.</summary>
    public AutoencoderResidualBlock(long channels)
        : base(nameof(AutoencoderResidualBlock))
    {
        _firstConvolution = nn.Conv2d(channels, channels, 3, padding: 1, device: META);
        _secondConvolution = nn.Conv2d(channels, channels, 3, padding: 1, bias: false, device: META);
        _norm = new ChannelRmsNorm(channels);
        RegisterComponents();
    }

    /// <summary>[B, C, H, W] to the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _firstConvolution.call(x).silu_();
        Tensor update = _secondConvolution.call(hidden);
        // At the widest resolution each of these is among the largest tensors there are.
        hidden.Dispose();
        return _norm.call(update).AddInPlace(x).MoveToOuterDisposeScope();
    }
}

/// <summary>Divides each pixel's channels by their root mean square, then scales and shifts each channel.</summary>
internal sealed class ChannelRmsNorm : nn.Module<Tensor, Tensor>
{
    private const double Epsilon = 1e-5;

    [ComponentName(Name = "weight")]
    private Parameter _weight;

    [ComponentName(Name = "bias")]
    private Parameter _bias;

    /// <summary>Builds the norm on the META device.</summary>
    public ChannelRmsNorm(long channels)
        : base(nameof(ChannelRmsNorm))
    {
        _weight = new Parameter(empty([channels], device: META), requires_grad: false);
        _bias = new Parameter(empty([channels], device: META), requires_grad: false);
        RegisterComponents();
    }

    /// <summary>
    /// [B, C, H, W] to the same shape. The input is used up: in float32 the result takes its place, since at the widest
    /// resolution fresh memory costs ten times what the arithmetic does. Squares and quotient are float32 whatever the type.
    /// </summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor values = x.to(float32);
        Tensor inverse = values.norm(1, keepdim: true).Squared().DivideInPlace(x.size(1)).AddInPlace(Epsilon).rsqrt_();
        return values.mul_(inverse).to(x.dtype).mul_(_weight.view(-1, 1, 1)).AddInPlace(_bias.view(-1, 1, 1)).MoveToOuterDisposeScope();
    }
}

/// <summary>Halves both sides: a convolution of stride 2, plus averages of the pixels and channels that each result represents.</summary>
internal sealed class DownsamplingBlock : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv")]
    private readonly Conv2d _convolution;

    private readonly long _outputChannels;

    /// <summary>Builds the block on the META device; <paramref name="outputChannels"/> divides 4 times <paramref name="inputChannels"/>.</summary>
    public DownsamplingBlock(long inputChannels, long outputChannels)
        : base(nameof(DownsamplingBlock))
    {
        _outputChannels = outputChannels;
        _convolution = nn.Conv2d(inputChannels, outputChannels, 3, stride: 2, padding: 1, device: META);
        RegisterComponents();
    }

    /// <summary>[B, Cin, 2H, 2W] to [B, Cout, H, W].</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor pixels = nn.functional.pixel_unshuffle(x, 2); // [B, 4 Cin, H, W], channel 4c + 2 dy + dx
        Tensor shortcut = pixels.unflatten(1, _outputChannels, -1).mean([2]); // [B, Cout, H, W]
        return _convolution.call(x).AddInPlace(shortcut).MoveToOuterDisposeScope();
    }
}

/// <summary>Doubles both sides: each pixel repeated and convolved, plus the input's channels dealt out to the new pixels.</summary>
internal sealed class UpsamplingBlock : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv")]
    private readonly DoublingConvolution _convolution;

    private readonly long _outputChannels;
    private readonly long _repeats;

    /// <summary>Builds the block on the META device; <paramref name="inputChannels"/> divides 4 times <paramref name="outputChannels"/>.</summary>
    public UpsamplingBlock(long inputChannels, long outputChannels)
        : base(nameof(UpsamplingBlock))
    {
        _outputChannels = outputChannels;
        _repeats = 4 * outputChannels / inputChannels;
        _convolution = new DoublingConvolution(inputChannels, outputChannels);
        RegisterComponents();
    }

    /// <summary>[B, Cin, H, W] to [B, Cout, 2H, 2W].</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        (long batch, long height, long width) = (x.size(0), x.size(2), x.size(3));

        // Pixel (dy, dx) of output channel c is input channel (4 c + 2 dy + dx) / repeats.
        Tensor shortcut = x.permute(0, 2, 3, 1).unsqueeze(-1).expand(-1, -1, -1, -1, _repeats) // [B, H, W, Cin, repeats]
            .reshape(batch, height, width, _outputChannels, 2, 2)
            .permute(0, 1, 4, 2, 5, 3); // [B, H, dy, W, dx, Cout]
        return _convolution.call(x).AddInPlace(shortcut)
            .view(batch, 2 * height, 2 * width, _outputChannels)
            .permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// A 3×3 convolution of a picture whose pixels have been repeated to twice the size, without making that picture: around each
/// new pixel the nine places hold only four different ones, so four 2×2 kernels on the small picture, one for each of the new
/// pixels that an old one becomes, give the same with 4/9 of the work.
/// </summary>
internal sealed class DoublingConvolution : nn.Module<Tensor, Tensor>, IRearrangesWeights
{
    private readonly long _outputChannels;

    // As the checkpoint has it, [Cout, Cin, 3, 3], until it is loaded; then [4 Cout, Cin, 2, 2].
    [ComponentName(Name = "weight")]
    private Parameter _weight;

    // [Cout] until it is loaded; then [4 Cout].
    [ComponentName(Name = "bias")]
    private Parameter _bias;

    /// <summary>Builds the convolution on the META device.</summary>
    public DoublingConvolution(long inputChannels, long outputChannels)
        : base(nameof(DoublingConvolution))
    {
        _outputChannels = outputChannels;
        _weight = new Parameter(empty([outputChannels, inputChannels, 3, 3], device: META), requires_grad: false);
        _bias = new Parameter(empty([outputChannels], device: META), requires_grad: false);
        RegisterComponents();
    }

    /// <summary>[B, Cin, H, W] to [B, H, 2, W, 2, Cout]: the doubled picture, channels last.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        (long height, long width) = (x.size(2), x.size(3));
        Tensor phases = nn.functional.conv2d(x, _weight, _bias, padding: [1, 1]).permute(0, 2, 3, 1); // [B, H + 1, W + 1, 4 Cout]
        Tensor pixels = empty([x.size(0), height, 2, width, 2, _outputChannels], dtype: x.dtype, device: x.device);
        for (int dy = 0; dy < 2; dy++)
        {
            for (int dx = 0; dx < 2; dx++)
            {
                // New pixels of the second row or column are those whose kernel begins one old pixel later.
                Tensor phase = phases.narrow(3, ((2 * dy) + dx) * _outputChannels, _outputChannels);
                pixels.select(2, dy).select(3, dx).copy_(phase.narrow(1, dy, height).narrow(2, dx, width));
            }
        }

        return pixels.MoveToOuterDisposeScope();
    }

    Parameter IRearrangesWeights.Rearrange(string name, Tensor stored) =>
        name == "weight" ? ToPhases(stored) : new Parameter(stored.repeat(4).DetachFromDisposeScope(), requires_grad: false);

    // Of a kernel's three rows, the upper new pixel sees the old one above with the first and its own with the other two; the
    // lower new pixel sees its own with the first two and the one below with the last. Columns alike.
    private static Parameter ToPhases(Tensor kernel)
    {
        using var scope = NewDisposeScope();
        Tensor values = kernel.to(float32);
        List<Tensor> phases = [];
        foreach (Tensor rows in Halves(values, 2))
        {
            phases.AddRange(Halves(rows, 3));
        }

        return new Parameter(cat(phases, 0).to(kernel.dtype).DetachFromDisposeScope(), requires_grad: false);
    }

    private static Tensor[] Halves(Tensor kernel, long axis)
    {
        Tensor[] places = kernel.chunk(3, axis);
        return [cat([places[0], places[1].Plus(places[2])], axis), cat([places[0].Plus(places[1]), places[2]], axis)];
    }
}
