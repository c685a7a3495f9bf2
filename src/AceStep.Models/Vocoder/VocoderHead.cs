using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>The vocoder's second half (HiFi-GAN): hidden frames to a waveform.</summary>
internal sealed class VocoderHead : nn.Module
{
    [ComponentName(Name = "conv_pre")]
    private readonly Conv1d _entrance;

    [ComponentName(Name = "ups")]
    private readonly ModuleList<VocoderUpsampler> _upsamplers;

    // All residual blocks of all steps in one list.
    [ComponentName(Name = "resblocks")]
    private readonly ModuleList<VocoderResidualBlock> _residuals;

    [ComponentName(Name = "conv_post")]
    private readonly Conv1d _exit;

    /// <summary>Builds the head on the META device.</summary>
    public VocoderHead(VocoderConfig config)
        : base(nameof(VocoderHead))
    {
        int steps = config.Upsamplings.Count;
        _entrance = Convolution(config.BackboneStages[^1].Channels, config.HeadChannels, config.EntryKernel);
        _upsamplers = new ModuleList<VocoderUpsampler>(
            [.. config.Upsamplings.Select((sizes, step) => new VocoderUpsampler(config.HeadChannels >> step, config.HeadChannels >> (step + 1), sizes))]);
        _residuals = new ModuleList<VocoderResidualBlock>(
            [.. Enumerable.Range(1, steps).SelectMany(step => config.Residuals.Select(sizes => new VocoderResidualBlock(config.HeadChannels >> step, sizes)))]);
        _exit = Convolution(config.HeadChannels >> steps, 1, config.ExitKernel);
        Reach = FramesSeen(config);
        RegisterComponents();
    }

    /// <summary>How many frames to each side the head looks.</summary>
    public int Reach { get; }

    /// <summary>The steps that <see cref="Forward"/> counts.</summary>
    public int Steps => _residuals.Count;

    /// <summary>[B, C, T] to [B, 1, hop T], from -1 to 1.</summary>
    public Tensor Forward(Tensor hidden, WorkSteps steps)
    {
        using var scope = NewDisposeScope();
        Tensor x = _entrance.call(hidden);
        for (int step = 0; step < _upsamplers.Count; step++)
        {
            Tensor lengthened = _upsamplers[step].call(x.silu_());
            x.Dispose();
            x = MeanOfResiduals(lengthened, step, steps);
            lengthened.Dispose();
        }

        return _exit.call(x.silu_()).tanh_().MoveToOuterDisposeScope();
    }

    private Tensor MeanOfResiduals(Tensor x, int step, WorkSteps steps)
    {
        int count = _residuals.Count / _upsamplers.Count;
        Tensor sum = _residuals[step * count].call(x);
        steps.Done();
        for (int block = 1; block < count; block++)
        {
            using Tensor term = _residuals[(step * count) + block].call(x);
            sum.add_(term);
            steps.Done();
        }

        return sum.div_(count);
    }

    private static Conv1d Convolution(long inputChannels, long outputChannels, long kernel) =>
        nn.Conv1d(inputChannels, outputChannels, kernel, padding: kernel / 2, device: META);

    private static int FramesSeen(VocoderConfig config)
    {
        int reach = config.ExitKernel / 2; // in samples of the current rate, beginning with the waveform's
        int residual = config.Residuals.Max(VocoderResidualBlock.ReachOf);
        foreach (VocoderUpsampling sizes in config.Upsamplings.Reverse())
        {
            reach = VocoderUpsampler.ReachOf(sizes, reach + residual);
        }

        return reach + (config.EntryKernel / 2);
    }
}
