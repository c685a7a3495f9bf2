using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;

namespace AceStep.Models;

/// <summary>UMT5's feed-forward: one projection, through the tanh form of GELU, gates another.</summary>
internal sealed class Umt5FeedForward : torch.nn.Module<torch.Tensor, torch.Tensor>
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
        _gate = torch.nn.Linear(width, innerWidth, hasBias: false, device: torch.META);
        _input = torch.nn.Linear(width, innerWidth, hasBias: false, device: torch.META);
        _output = torch.nn.Linear(innerWidth, width, hasBias: false, device: torch.META);
        RegisterComponents();
    }

    public override torch.Tensor forward(torch.Tensor hiddenStates)
    {
        using torch.Tensor projected = _gate.call(hiddenStates);
        using torch.Tensor gate = torch.nn.functional.gelu(projected, GELU.Approximate.tanh);
        using torch.Tensor input = _input.call(hiddenStates);
        using torch.Tensor gated = gate * input;
        return _output.call(gated);
    }
}
