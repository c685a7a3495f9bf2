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

    private readonly IReadOnlyList<VocoderUpsampling> _steps;

    // For each step: how far what follows its upsampling looks, in samples of the rate there.
    private readonly int[] _contexts;

    /// <summary>Builds the head on the META device.</summary>
    public VocoderHead(VocoderConfig config)
        : base(nameof(VocoderHead))
    {
        _steps = config.Upsamplings;
        int count = _steps.Count;
        _entrance = Convolution(config.BackboneStages[^1].Channels, config.HeadChannels, config.EntryKernel);
        _upsamplers = new ModuleList<VocoderUpsampler>(
            [.. _steps.Select((sizes, step) => new VocoderUpsampler(config.HeadChannels >> step, config.HeadChannels >> (step + 1), sizes))]);
        _residuals = new ModuleList<VocoderResidualBlock>(
            [.. Enumerable.Range(1, count).SelectMany(step => config.Residuals.Select(sizes => new VocoderResidualBlock(config.HeadChannels >> step, sizes)))]);
        _exit = Convolution(config.HeadChannels >> count, 1, config.ExitKernel);

        _contexts = new int[count];
        int reach = config.ExitKernel / 2;
        for (int step = count - 1; step >= 0; step--)
        {
            _contexts[step] = reach + config.Residuals.Max(VocoderResidualBlock.ReachOf);
            reach = VocoderUpsampler.ReachOf(_steps[step], _contexts[step]);
        }

        Reach = reach + (config.EntryKernel / 2);
        RegisterComponents();
    }

    /// <summary>How many frames to each side the head looks.</summary>
    public int Reach { get; }

    /// <summary>The steps that <see cref="Forward"/> counts.</summary>
    public int Steps => _residuals.Count;

    /// <summary>The waveform of a range of frames.</summary>
    /// <param name="hidden">[B, C, frames]: the range and, on both sides, <see cref="Reach"/> frames of context or all that there are.</param>
    /// <param name="held">Which frames these are.</param>
    /// <param name="wanted">The range.</param>
    /// <param name="total">The frames of the whole song.</param>
    /// <param name="steps">Told of each step.</param>
    /// <returns>[B, 1, hop · range], from -1 to 1.</returns>
    public Tensor Forward(Tensor hidden, FrameRange held, FrameRange wanted, long total, WorkSteps steps)
    {
        using var scope = NewDisposeScope();
        Tensor x = _entrance.call(hidden);
        for (int step = 0; step < _upsamplers.Count; step++)
        {
            int rate = _steps[step].Rate;
            (held, wanted, total) = (held.Times(rate), wanted.Times(rate), total * rate);
            using Tensor lengthened = _upsamplers[step].call(x.silu_());
            x.Dispose();

            // The first steps look farthest; without this every later one would compute their context at its own rate too.
            FrameRange needed = wanted.Widen(_contexts[step], total);
            x = MeanOfResiduals(needed.Of(lengthened, held), step, steps);
            held = needed;
        }

        return wanted.Of(_exit.call(x.silu_()).tanh_(), held).MoveToOuterDisposeScope();
    }

    private static Conv1d Convolution(long inputChannels, long outputChannels, long kernel) =>
        nn.Conv1d(inputChannels, outputChannels, kernel, padding: kernel / 2, device: META);

    private Tensor MeanOfResiduals(Tensor x, int step, WorkSteps steps)
    {
        int count = _residuals.Count / _upsamplers.Count;
        Tensor sum = _residuals[step * count].call(x);
        steps.Done();
        for (int block = 1; block < count; block++)
        {
            using Tensor term = _residuals[(step * count) + block].call(x);
            sum.AddInPlace(term);
            steps.Done();
        }

        return sum.DivideInPlace(count);
    }
}
