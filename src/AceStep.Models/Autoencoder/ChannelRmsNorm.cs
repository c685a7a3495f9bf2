using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>Divides each pixel's channels by their root mean square, then scales and shifts each channel.</summary>
internal sealed class ChannelRmsNorm : nn.Module<Tensor, Tensor>, IHasParameters
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

    void IHasParameters.Assign(string name, Parameter value)
    {
        ref Parameter parameter = ref name == "weight" ? ref _weight : ref _bias;
        parameter.Dispose();
        parameter = value;
        ConditionallyRegisterParameter(name, value);
    }
}
