using TorchSharp;
using TorchSharp.Utils;

namespace AceStep.Models;

/// <summary>The second half of a UMT5 block: x + feedForward(norm(x)).</summary>
internal sealed class Umt5FeedForwardLayer : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    [ComponentName(Name = "layer_norm")]
    private readonly Umt5Norm _norm;

    [ComponentName(Name = "DenseReluDense")]
    private readonly Umt5FeedForward _feedForward;

    public Umt5FeedForwardLayer(Umt5Config config)
        : base(nameof(Umt5FeedForwardLayer))
    {
        _norm = new Umt5Norm(config.Width, config.LayerNormEpsilon);
        _feedForward = new Umt5FeedForward(config.Width, config.FeedForwardWidth);
        RegisterComponents();
    }

    public override torch.Tensor forward(torch.Tensor hiddenStates)
    {
        using torch.Tensor normalized = _norm.call(hiddenStates);
        using torch.Tensor transformed = _feedForward.call(normalized);
        return hiddenStates.Plus(transformed);
    }
}
