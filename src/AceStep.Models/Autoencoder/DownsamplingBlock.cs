using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>Halves both sides: a convolution of stride 2, plus averages of the pixels and channels that each result stands for.</summary>
internal sealed class DownsamplingBlock : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv")]
    private readonly Conv2d _convolution;

    private readonly long _outputChannels;

    /// <summary>Builds the block on the META device; <paramref name="outputChannels"/> divides 4 times <paramref name="inputChannels"/>.</summary>
    public DownsamplingBlock(long inputChannels, long outputChannels)
        : base(nameof(DownsamplingBlock))
    {
        _outputChannels = outputChannels;
        _convolution = nn.Conv2d(inputChannels, outputChannels, 3, stride: 2, padding: 1, device: META);
        RegisterComponents();
    }

    /// <summary>[B, Cin, 2H, 2W] to [B, Cout, H, W].</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor pixels = nn.functional.pixel_unshuffle(x, 2); // [B, 4 Cin, H, W], channel 4c + 2 dy + dx
        Tensor shortcut = pixels.unflatten(1, _outputChannels, -1).mean([2]); // [B, Cout, H, W]
        return _convolution.call(x).AddInPlace(shortcut).MoveToOuterDisposeScope();
    }
}
