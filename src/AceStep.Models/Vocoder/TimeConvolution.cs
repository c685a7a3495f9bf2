using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>A convolution over time that keeps the length of its input, unless told not to pad it.</summary>
/// <remarks>
/// Not <c>nn.Conv1d</c>, since libtorch 2.10 computes one of an odd number of channels wrongly on processors with AVX-512:
/// see <see cref="FillBlocks(Tensor)"/>.
/// </remarks>
internal sealed class TimeConvolution : nn.Module<Tensor, Tensor>, IHasParameters
{
    private const int BlockSize = 16;

    private readonly long _padding;
    private readonly long _dilation;

    // [Cout, Cin, kernel]; Cin in whole blocks once it is assigned.
    [ComponentName(Name = "weight")]
    private Parameter _weight;

    [ComponentName(Name = "bias")]
    private Parameter _bias;

    /// <summary>Builds the convolution on the META device.</summary>
    public TimeConvolution(long inputChannels, long outputChannels, long kernel, long dilation = 1, bool isPadded = true)
        : base(nameof(TimeConvolution))
    {
        _padding = isPadded ? dilation * (kernel / 2) : 0;
        _dilation = dilation;
        _weight = new Parameter(empty([outputChannels, inputChannels, kernel], device: META), requires_grad: false);
        _bias = new Parameter(empty([outputChannels], device: META), requires_grad: false);
        RegisterComponents();
    }

    /// <summary>Appends channels of zeros, where there are more than one block of them and the last is not whole.</summary>
    /// <param name="x">[B, C, T]; or a weight, [Cout, C, kernel].</param>
    /// <returns>The same tensor, or a new one.</returns>
    /// <remarks>
    /// oneDNN's AVX-512 convolution works on blocks of 16 channels. In libtorch 2.10 it leaves the channels of a last block
    /// that is not whole out of a tap of the kernel (24 channels and 3 taps: a relative error of 0.33). Widths of the
    /// released model are whole blocks, so there nothing is appended.
    /// </remarks>
    public static Tensor FillBlocks(Tensor x)
    {
        long partial = x.size(1) % BlockSize;
        return partial == 0 || x.size(1) < BlockSize ? x : nn.functional.pad(x, [0, 0, 0, BlockSize - partial]);
    }

    /// <summary>A weight with its channels in whole blocks; the one that was given is disposed of where another takes its place.</summary>
    public static Parameter FillBlocks(Parameter weight)
    {
        Tensor filled = FillBlocks((Tensor)weight);
        if (ReferenceEquals(filled, weight))
        {
            return weight;
        }

        weight.Dispose();
        return new Parameter(filled.DetachFromDisposeScope(), requires_grad: false);
    }

    /// <summary>[B, Cin, T] to [B, Cout, T]; without padding T is smaller by what the kernel spans.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return nn.functional.conv1d(FillBlocks(x), _weight, _bias, padding: _padding, dilation: _dilation).MoveToOuterDisposeScope();
    }

    void IHasParameters.Assign(string name, Parameter value)
    {
        ref Parameter parameter = ref name == "weight" ? ref _weight : ref _bias;
        parameter.Dispose();
        parameter = name == "weight" ? FillBlocks(value) : value;
        ConditionallyRegisterParameter(name, parameter);
    }
}
