using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>The lyric encoder's feed-forward: two linear layers with a SiLU between them.</summary>
internal sealed class LyricFeedForward : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "w_1")]
    private readonly Linear _expand;

    [ComponentName(Name = "w_2")]
    private readonly Linear _contract;

    public LyricFeedForward(int width, int hiddenWidth)
        : base(nameof(LyricFeedForward))
    {
        _expand = nn.Linear(width, hiddenWidth, device: META);
        _contract = nn.Linear(hiddenWidth, width, device: META);
        RegisterComponents();
    }

    /// <summary>[B, T, width] to [B, T, width].</summary>
    public override Tensor forward(Tensor hiddenStates)
    {
        using Tensor hidden = _expand.call(hiddenStates).silu_();
        return _contract.call(hidden);
    }
}
