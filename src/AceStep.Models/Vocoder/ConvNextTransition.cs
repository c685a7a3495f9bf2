using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>What leads from one stage of the backbone to the next: a norm and a change of width, frame by frame.</summary>
internal sealed class ConvNextTransition : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "0")]
    private readonly LayerNorm _norm;

    [ComponentName(Name = "1")]
    private readonly Conv1d _convolution;

    /// <summary>Builds the transition on the META device.</summary>
    public ConvNextTransition(long inputChannels, long channels)
        : base(nameof(ConvNextTransition))
    {
        _norm = nn.LayerNorm(inputChannels, VocoderBackbone.NormEpsilon, device: META);
        _convolution = nn.Conv1d(inputChannels, channels, 1, device: META);
        RegisterComponents();
    }

    /// <summary>[B, T, Cin] to [B, T, C].</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        return _convolution.call(_norm.call(x).transpose(1, 2)).transpose(1, 2).MoveToOuterDisposeScope();
    }
}
