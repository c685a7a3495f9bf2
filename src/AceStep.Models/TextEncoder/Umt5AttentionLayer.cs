using TorchSharp;
using TorchSharp.Utils;

namespace AceStep.Models;

/// <summary>The first half of a UMT5 block: x + attention(norm(x)).</summary>
internal sealed class Umt5AttentionLayer : torch.nn.Module
{
    [ComponentName(Name = "layer_norm")]
    private readonly Umt5Norm _norm;

    [ComponentName(Name = "SelfAttention")]
    private readonly Umt5Attention _attention;

    public Umt5AttentionLayer(Umt5Config config)
        : base(nameof(Umt5AttentionLayer))
    {
        _norm = new Umt5Norm(config.Width, config.LayerNormEpsilon);
        _attention = new Umt5Attention(config.Width, config.HeadCount, config.HeadWidth, config.RelativeBucketCount);
        RegisterComponents();
    }

    /// <summary>Runs the layer: [B, S, D] to [B, S, D].</summary>
    public torch.Tensor Run(torch.Tensor hiddenStates, Umt5Pass pass, double? queryScale)
    {
        using torch.Tensor normalized = _norm.call(hiddenStates);
        using torch.Tensor mixed = _attention.Attend(normalized, pass, queryScale);
        return hiddenStates.Plus(mixed);
    }
}
