using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace AceStep.Models;

/// <summary>T5's layer norm: scaled by the root of the mean square, neither centred nor shifted.</summary>
internal sealed class Umt5Norm : torch.nn.Module<torch.Tensor, torch.Tensor>, IHasParameters
{
    private readonly double _epsilon;

    [ComponentName(Name = "weight")]
    private Parameter _weight;

    public Umt5Norm(int width, double epsilon)
        : base(nameof(Umt5Norm))
    {
        _epsilon = epsilon;
        _weight = new Parameter(torch.empty([width], device: torch.META), requires_grad: false);
        RegisterComponents();
    }

    public torch.Device Device => _weight.device;

    public override torch.Tensor forward(torch.Tensor hiddenStates)
    {
        using var scope = torch.NewDisposeScope();
        // In float32 whatever the weights' type, and rounded to it before the weights' product.
        torch.Tensor wide = hiddenStates.to(torch.float32);
        torch.Tensor meanSquare = wide.Squared().mean([-1], keepdim: true);
        torch.Tensor normalized = wide * torch.rsqrt(meanSquare.Plus(_epsilon));
        return (normalized.to(_weight.dtype) * _weight).MoveToOuterDisposeScope();
    }

    void IHasParameters.Assign(string name, Parameter value)
    {
        _weight.Dispose();
        _weight = value;
        ConditionallyRegisterParameter(name, value);
    }
}
