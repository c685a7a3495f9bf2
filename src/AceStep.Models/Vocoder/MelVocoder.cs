using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>Log-mel spectra to waveforms, one channel an item: a backbone at the rate of the frames, then a head that lengthens.</summary>
internal sealed class MelVocoder : nn.Module<Tensor, FrameRange, FrameRange, long, WorkSteps, Tensor>
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

    /// <summary>The steps that <see cref="forward"/> counts for a range of this many frames.</summary>
    public int Steps(long frames) => 1 + (FrameRange.Split(frames, BlockFrames).Length * _head.Steps);

    /// <summary>The waveform of a range of frames.</summary>
    /// <param name="mel">[B, bins, frames]: the range and, on both sides, <see cref="Reach"/> frames of context or all that there are.</param>
    /// <param name="held">Which frames these are.</param>
    /// <param name="wanted">The range.</param>
    /// <param name="total">The frames of the whole song.</param>
    /// <param name="steps">Told of each step.</param>
    /// <returns>[B, 1, hop · range], from -1 to 1: what the whole song's waveform has there.</returns>
    public override Tensor forward(Tensor mel, FrameRange held, FrameRange wanted, long total, WorkSteps steps)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _backbone.call(mel);
        steps.Done();
        List<Tensor> waveform = [];
        foreach (FrameRange part in FrameRange.Split(wanted.Length, BlockFrames))
        {
            FrameRange block = new(wanted.Start + part.Start, wanted.Start + part.End);
            FrameRange wide = block.Widen(_head.Reach, total);
            waveform.Add(_head.call(wide.Of(hidden, held), wide, block, total, steps));
        }

        return cat(waveform, -1).MoveToOuterDisposeScope();
    }
}

/// <summary>The vocoder's first half (ConvNeXt): log-mel frames to hidden frames at the same rate.</summary>
internal sealed class VocoderBackbone : nn.Module<Tensor, Tensor>
{
    /// <summary>What all norms of the backbone add to the variance.</summary>
    public const double NormEpsilon = 1e-6;

    [ComponentName(Name = "channel_layers")]
    private readonly ModuleList<nn.Module<Tensor, Tensor>> _entrances;

    [ComponentName(Name = "stages")]
    private readonly ModuleList<ModuleList<ConvNextBlock>> _stages;

    [ComponentName(Name = "norm")]
    private readonly LayerNorm _norm;

    /// <summary>Builds the backbone on the META device.</summary>
    public VocoderBackbone(VocoderConfig config)
        : base(nameof(VocoderBackbone))
    {
        IReadOnlyList<VocoderBackboneStage> stages = config.BackboneStages;
        _entrances = new ModuleList<nn.Module<Tensor, Tensor>>(
        [
            new ConvNextStem(config.MelBins, stages[0].Channels),
            .. stages.Zip(stages.Skip(1), (stage, next) => new ConvNextTransition(stage.Channels, next.Channels)),
        ]);
        _stages = new ModuleList<ModuleList<ConvNextBlock>>(
        [
            .. stages.Select(stage => new ModuleList<ConvNextBlock>(
                [.. Enumerable.Range(0, stage.Layers).Select(_ => new ConvNextBlock(stage.Channels, config.BackboneKernel))])),
        ]);
        _norm = nn.LayerNorm(stages[^1].Channels, NormEpsilon, device: META);
        Reach = ConvNextStem.Reach + (stages.Sum(stage => stage.Layers) * (config.BackboneKernel / 2));
        RegisterComponents();
    }

    /// <summary>How many frames to each side the backbone looks.</summary>
    public int Reach { get; }

    /// <summary>[B, bins, T] to [B, C, T].</summary>
    public override Tensor forward(Tensor mel)
    {
        using var scope = NewDisposeScope();
        Tensor x = mel.transpose(1, 2); // [B, T, bins]
        for (int stage = 0; stage < _stages.Count; stage++)
        {
            x = Replace(x, _entrances[stage]);
            foreach (ConvNextBlock block in _stages[stage])
            {
                x = Replace(x, block);
            }
        }

        return _norm.call(x).transpose(1, 2).MoveToOuterDisposeScope();
    }

    private static Tensor Replace(Tensor x, nn.Module<Tensor, Tensor> block)
    {
        Tensor next = block.call(x);
        x.Dispose();
        return next;
    }
}

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

/// <summary>One block of the backbone: a depthwise convolution over time, then a feed-forward part on each frame; with its residual.</summary>
internal sealed class ConvNextBlock : nn.Module<Tensor, Tensor>
{
    private const int Expansion = 4;

    [ComponentName(Name = "dwconv")]
    private readonly Conv1d _gather;

    [ComponentName(Name = "norm")]
    private readonly LayerNorm _norm;

    [ComponentName(Name = "pwconv1")]
    private readonly PointwiseLinear _widen;

    [ComponentName(Name = "pwconv2")]
    private readonly PointwiseLinear _narrow;

    [ComponentName(Name = "gamma")]
    private Parameter _gain;

    /// <summary>Builds the block on the META device; the kernel is odd.</summary>
    public ConvNextBlock(long channels, long kernel)
        : base(nameof(ConvNextBlock))
    {
        _gather = nn.Conv1d(channels, channels, kernel, padding: kernel / 2, groups: channels, device: META);
        _norm = nn.LayerNorm(channels, VocoderBackbone.NormEpsilon, device: META);
        _widen = new PointwiseLinear(channels, Expansion * channels, hasBias: true);
        _narrow = new PointwiseLinear(Expansion * channels, channels, hasBias: true);
        _gain = new Parameter(empty([channels], device: META), requires_grad: false);
        RegisterComponents();
    }

    /// <summary>[B, T, C] to the same shape.</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = _norm.call(_gather.call(x.transpose(1, 2)).transpose(1, 2)).transpose(1, 2); // [B, C, T]
        hidden = _narrow.call(nn.functional.gelu(_widen.call(hidden))); // the erf form
        return hidden.transpose(1, 2).mul_(_gain).AddInPlace(x).MoveToOuterDisposeScope();
    }
}
