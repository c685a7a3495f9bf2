using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>The backbone's entrance: a convolution over time and a norm over the channels.</summary>
internal sealed class ConvNextStem : nn.Module<Tensor, Tensor>
{
    /// <summary>How many frames to each side it looks, whatever the config says of other kernels.</summary>
    public const int Reach = 3;

    [ComponentName(Name = "0")]
    private readonly Conv1d _convolution;

    [ComponentName(Name = "1")]
    private readonly LayerNorm _norm;

    /// <summary>Builds the stem on the META device.</summary>
    public ConvNextStem(long inputChannels, long channels)
        : base(nameof(ConvNextStem))
    {
        _convolution = nn.Conv1d(inputChannels, channels, (2 * Reach) + 1, device: META);
        _norm = nn.LayerNorm(channels, VocoderBackbone.NormEpsilon, device: META);
        RegisterComponents();
    }

    /// <summary>[B, T, bins] to [B, T, C].</summary>
    public override Tensor forward(Tensor mel)
    {
        // The edge frames are repeated; zeros would be a loud spectrum, not silence.
        using var scope = NewDisposeScope();
        Tensor first = mel.narrow(1, 0, 1).expand(-1, Reach, -1);
        Tensor last = mel.narrow(1, mel.size(1) - 1, 1).expand(-1, Reach, -1);
        Tensor padded = cat([first, mel, last], 1).transpose(1, 2); // [B, bins, T + 6]
        return _norm.call(_convolution.call(padded).transpose(1, 2)).MoveToOuterDisposeScope();
    }
}
