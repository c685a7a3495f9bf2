using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>A further scale of the attention: queries, keys and values gathered from each pixel's surroundings.</summary>
internal sealed class AttentionScale : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "proj_in")]
    private readonly Conv2d _gather;

    [ComponentName(Name = "proj_out")]
    private readonly Conv2d _mix;

    /// <summary>Builds the scale on the META device.</summary>
    /// <param name="channels">Channels of queries, keys and values together.</param>
    /// <param name="headWidth">Width of one head; the mixing stays within runs of this many channels.</param>
    /// <param name="kernel">Pixels that are gathered along each side, odd.</param>
    public AttentionScale(long channels, long headWidth, long kernel)
        : base(nameof(AttentionScale))
    {
        _gather = nn.Conv2d(channels, channels, kernel, padding: kernel / 2, groups: channels, bias: false, device: META);
        _mix = nn.Conv2d(channels, channels, 1, groups: channels / headWidth, bias: false, device: META);
        RegisterComponents();
    }

    /// <summary>[B, 3C, H, W] to the same shape.</summary>
    public override Tensor forward(Tensor projected)
    {
        using Tensor gathered = _gather.call(projected);
        return _mix.call(gathered);
    }
}
