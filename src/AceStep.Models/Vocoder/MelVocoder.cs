using TorchSharp;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>Log-mel spectra to waveforms, one channel an item: a backbone at the rate of the frames, then a head that lengthens.</summary>
internal sealed class MelVocoder : nn.Module
{
    // The head goes through the frames in blocks of this size even when the song is decoded at once. At the released sizes its
    // tensors then have 16 MiB; those above 32 MiB get fresh memory from the system each time, which costs more than the few
    // frames that neighbouring blocks compute twice.
    private const int DefaultBlockFrames = 512;

    [ComponentName(Name = "backbone")]
    private readonly VocoderBackbone _backbone;

    [ComponentName(Name = "head")]
    private readonly VocoderHead _head;

    /// <summary>Builds the vocoder on the META device.</summary>
    public MelVocoder(VocoderConfig config)
        : base(nameof(MelVocoder))
    {
        _backbone = new VocoderBackbone(config);
        _head = new VocoderHead(config);
        HopLength = config.HopLength;
        RegisterComponents();
    }

    /// <summary>Samples of one mel frame.</summary>
    public int HopLength { get; }

    /// <summary>How many mel frames to each side the vocoder looks.</summary>
    public int Reach => _backbone.Reach + _head.Reach;

    /// <summary>The most frames that the head takes at a time, their context apart.</summary>
    public int BlockFrames { get; set; } = DefaultBlockFrames;

    /// <summary>The steps that <see cref="Forward"/> counts for a range of this many frames.</summary>
    public int Steps(long frames) => 1 + (FrameRange.Split(frames, BlockFrames).Length * _head.Steps);

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
        List<Tensor> waveform = [];
        foreach (FrameRange part in FrameRange.Split(wanted.Length, BlockFrames))
        {
            FrameRange block = new(wanted.Start + part.Start, wanted.Start + part.End);
            FrameRange wide = block.Widen(_head.Reach, total);
            waveform.Add(_head.Forward(wide.Of(hidden, held), wide, block, total, steps));
        }

        return cat(waveform, -1).MoveToOuterDisposeScope();
    }
}
