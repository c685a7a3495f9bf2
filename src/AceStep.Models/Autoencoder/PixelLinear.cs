using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// A linear map of each pixel's channels, without bias. It is stored as a matrix and runs as a 1×1 convolution, which takes
/// pictures as they lie in memory.
/// </summary>
internal sealed class PixelLinear : nn.Module<Tensor, Tensor>, IHasParameters
{
    [ComponentName(Name = "weight")]
    private Parameter _weight;

    /// <summary>Builds the map on the META device.</summary>
    public PixelLinear(long inputChannels, long outputChannels)
        : base(nameof(PixelLinear))
    {
        _weight = new Parameter(empty([outputChannels, inputChannels], device: META), requires_grad: false);
        RegisterComponents();
    }

    /// <summary>[B, Cin, H, W] to [B, Cout, H, W].</summary>
    public override Tensor forward(Tensor x)
    {
        using Tensor kernel = _weight.view(_weight.size(0), _weight.size(1), 1, 1);
        return nn.functional.conv2d(x, kernel);
    }

    void IHasParameters.Assign(string name, Parameter value)
    {
        _weight.Dispose();
        _weight = value;
        ConditionallyRegisterParameter(name, value);
    }
}
