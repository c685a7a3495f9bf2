using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// A 3×3 convolution of a picture whose pixels have been repeated to twice the size, without making that picture: around each
/// new pixel the nine places hold only four different ones, so four 2×2 kernels on the small picture, one for each of the new
/// pixels that an old one becomes, give the same with 4/9 of the work.
/// </summary>
internal sealed class DoublingConvolution : nn.Module<Tensor, Tensor>, IHasParameters
{
    private readonly long _outputChannels;

    // As the checkpoint has it, [Cout, Cin, 3, 3], until it is assigned; then [4 Cout, Cin, 2, 2].
    [ComponentName(Name = "weight")]
    private Parameter _weight;

    // [Cout] until it is assigned; then [4 Cout].
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

    void IHasParameters.Assign(string name, Parameter value)
    {
        ref Parameter parameter = ref name == "weight" ? ref _weight : ref _bias;
        parameter.Dispose();
        using (value)
        {
            parameter = name == "weight" ? ToPhases(value) : new Parameter(value.repeat(4).DetachFromDisposeScope(), requires_grad: false);
        }

        ConditionallyRegisterParameter(name, parameter);
    }

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
