using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// A linear map of the channels of each pixel, or of each sample. It is stored as a matrix and runs as a convolution of size 1,
/// which takes pictures and signals as they lie in memory and is the fastest product that libtorch has on every CPU.
/// </summary>
internal sealed class PointwiseLinear : nn.Module<Tensor, Tensor>, IHasParameters
{
    [ComponentName(Name = "weight")]
    private Parameter _weight;

    [ComponentName(Name = "bias")]
    private Parameter? _bias;

    /// <summary>Builds the map on the META device.</summary>
    public PointwiseLinear(long inputChannels, long outputChannels, bool hasBias = false)
        : base(nameof(PointwiseLinear))
    {
        _weight = new Parameter(empty([outputChannels, inputChannels], device: META), requires_grad: false);
        _bias = hasBias ? new Parameter(empty([outputChannels], device: META), requires_grad: false) : null;
        RegisterComponents();
    }

    /// <summary>[B, Cin, H, W] to [B, Cout, H, W], or [B, Cin, T] to [B, Cout, T].</summary>
    public override Tensor forward(Tensor x)
    {
        bool isPicture = x.dim() == 4;
        using Tensor kernel = isPicture ? _weight.view(_weight.size(0), _weight.size(1), 1, 1) : _weight.view(_weight.size(0), _weight.size(1), 1);
        return isPicture ? nn.functional.conv2d(x, kernel, _bias) : nn.functional.conv1d(x, kernel, _bias);
    }

    void IHasParameters.Assign(string name, Parameter value)
    {
        if (name == "weight")
        {
            _weight.Dispose();
            _weight = value;
        }
        else
        {
            _bias?.Dispose();
            _bias = value;
        }

        ConditionallyRegisterParameter(name, value);
    }
}
