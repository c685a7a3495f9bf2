using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>Log-mel spectra to waveforms, one channel an item: a backbone at the rate of the frames, then a head that lengthens.</summary>
internal sealed class MelVocoder : nn.Module
{
    [ComponentName(Name = "backbone")]
    private readonly VocoderBackbone _backbone;

    [ComponentName(Name = "head")]
    private readonly VocoderHead _head;

    private readonly int _hopLength;

    /// <summary>Builds the vocoder on the META device.</summary>
    public MelVocoder(VocoderConfig config)
        : base(nameof(MelVocoder))
    {
        _backbone = new VocoderBackbone(config);
        _head = new VocoderHead(config);
        _hopLength = config.HopLength;
        RegisterComponents();
    }

    /// <summary>How many mel frames to each side the vocoder looks.</summary>
    public int Reach => _backbone.Reach + _head.Reach;

    /// <summary>The steps that <see cref="Forward"/> counts.</summary>
    public int Steps => 1 + _head.Steps;

    /// <summary>The waveform of a range of frames.</summary>
    /// <param name="mel">[B, bins, frames]: the range and, on both sides, <see cref="Reach"/> frames of context or all that there are.</param>
    /// <param name="held">Which frames these are.</param>
    /// <param name="wanted">The range.</param>
    /// <param name="total">The frames of the whole song.</param>
    /// <param name="steps">Told of each step.</param>
    /// <returns>[B, 1, hop · range], from -1 to 1: what the whole song's waveform has there.</returns>
    public Tensor Forward(Tensor mel, FrameRange held, FrameRange wanted, long total, WorkSteps steps)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _backbone.call(mel);
        steps.Done();
        // The head is nearly all of the work and looks less far than the backbone.
        FrameRange headHeld = wanted.Widen(_head.Reach, total);
        Tensor waveform = _head.Forward(headHeld.Of(hidden, held), steps);
        return wanted.Times(_hopLength).Of(waveform, headHeld.Times(_hopLength)).MoveToOuterDisposeScope();
    }
}
