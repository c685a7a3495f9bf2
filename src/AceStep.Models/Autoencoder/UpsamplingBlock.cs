using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>Doubles both sides: each pixel repeated and convolved, plus the input's channels dealt out to the new pixels.</summary>
internal sealed class UpsamplingBlock : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "conv")]
    private readonly DoublingConvolution _convolution;

    private readonly long _outputChannels;
    private readonly long _repeats;

    /// <summary>Builds the block on the META device; <paramref name="inputChannels"/> divides 4 times <paramref name="outputChannels"/>.</summary>
    public UpsamplingBlock(long inputChannels, long outputChannels)
        : base(nameof(UpsamplingBlock))
    {
        _outputChannels = outputChannels;
        _repeats = 4 * outputChannels / inputChannels;
        _convolution = new DoublingConvolution(inputChannels, outputChannels);
        RegisterComponents();
    }

    /// <summary>[B, Cin, H, W] to [B, Cout, 2H, 2W].</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        (long batch, long height, long width) = (x.size(0), x.size(2), x.size(3));

        // Pixel (dy, dx) of output channel c is input channel (4 c + 2 dy + dx) / repeats.
        Tensor shortcut = x.permute(0, 2, 3, 1).unsqueeze(-1).expand(-1, -1, -1, -1, _repeats) // [B, H, W, Cin, repeats]
            .reshape(batch, height, width, _outputChannels, 2, 2)
            .permute(0, 1, 4, 2, 5, 3); // [B, H, dy, W, dx, Cout]
        return _convolution.call(x).AddInPlace(shortcut)
            .view(batch, 2 * height, 2 * width, _outputChannels)
            .permute(0, 3, 1, 2).MoveToOuterDisposeScope();
    }
}
