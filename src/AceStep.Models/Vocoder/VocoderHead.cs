using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>The vocoder's second half (HiFi-GAN): hidden frames to a waveform.</summary>
internal sealed class VocoderHead : nn.Module<Tensor, FrameRange, FrameRange, long, WorkSteps, Tensor>
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

    /// <summary>The steps that <see cref="forward"/> counts.</summary>
    public int Steps => _residuals.Count;

    /// <summary>The waveform of a range of frames.</summary>
    /// <param name="hidden">[B, C, frames]: the range and, on both sides, <see cref="Reach"/> frames of context or all that there are.</param>
    /// <param name="held">Which frames these are.</param>
    /// <param name="wanted">The range.</param>
    /// <param name="total">The frames of the whole song.</param>
    /// <param name="steps">Told of each step.</param>
    /// <returns>[B, 1, hop · range], from -1 to 1.</returns>
    public override Tensor forward(Tensor hidden, FrameRange held, FrameRange wanted, long total, WorkSteps steps)
    {
        using var scope = NewDisposeScope();
        Tensor x = _entrance.call(hidden);
        for (int step = 0; step < _upsamplers.Count; step++)
        {
            int rate = _steps[step].Rate;
            (held, wanted, total) = (held.Times(rate), wanted.Times(rate), total * rate);
            using Tensor lengthened = _upsamplers[step].call(x.silu_());
            x.Dispose();

            // Drops the context that only the first steps need; every later step would compute it at its own, higher rate.
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

/// <summary>
/// Lengthens a signal by a transposed convolution. It runs as an ordinary one that gives all new samples of a position side
/// by side, as channels; with the channels stored last these are already in the order of time.
/// </summary>
/// <remarks>libtorch's transposed convolution over time takes a slow path on the CPU: it builds a matrix, and is 3 to 10 times slower.</remarks>
internal sealed class VocoderUpsampler : nn.Module<Tensor, Tensor>, IRearrangesWeights
{
    private readonly VocoderUpsampling _sizes;
    private readonly long _outputChannels;

    // As the checkpoint has it, [Cin, Cout, kernel], until it is loaded; then [rate Cout, Cin, taps].
    [ComponentName(Name = "weight")]
    private Parameter _weight;

    // [Cout] until it is loaded; then [rate Cout].
    [ComponentName(Name = "bias")]
    private Parameter _bias;

    /// <summary>Builds the step on the META device.</summary>
    public VocoderUpsampler(long inputChannels, long outputChannels, VocoderUpsampling sizes)
        : base(nameof(VocoderUpsampler))
    {
        _sizes = sizes;
        _outputChannels = outputChannels;
        _weight = new Parameter(empty([inputChannels, outputChannels, sizes.Kernel], device: META), requires_grad: false);
        _bias = new Parameter(empty([outputChannels], device: META), requires_grad: false);
        RegisterComponents();
    }

    /// <summary>How many of its input's samples a step of these sizes looks to each side.</summary>
    /// <param name="sizes">The step's sizes.</param>
    /// <param name="context">How many samples beyond its own range its output is wanted.</param>
    public static int ReachOf(VocoderUpsampling sizes, int context) =>
        (context + sizes.Rate - 1 + ((sizes.Kernel - sizes.Rate) / 2)) / sizes.Rate;

    /// <summary>[B, Cin, T] to [B, Cout, rate T].</summary>
    public override Tensor forward(Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor phases = nn.functional.conv1d(x, _weight, _bias, padding: _weight.size(2) / 2); // [B, rate Cout, T]
        return phases.transpose(1, 2).reshape(x.size(0), -1, _outputChannels).transpose(1, 2).MoveToOuterDisposeScope();
    }

    Parameter IRearrangesWeights.Rearrange(string name, Tensor stored) =>
        name == "weight" ? VocoderWeights.ToPhases(stored, _sizes) : VocoderWeights.RepeatForPhases(stored, _sizes);
}

/// <summary>Pairs of convolutions over time, the first of each pair dilated; each pair with its residual.</summary>
internal sealed class VocoderResidualBlock : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "convs1")]
    private readonly ModuleList<Conv1d> _dilated;

    [ComponentName(Name = "convs2")]
    private readonly ModuleList<Conv1d> _plain;

    /// <summary>Builds the block on the META device.</summary>
    public VocoderResidualBlock(long channels, VocoderResidual sizes)
        : base(nameof(VocoderResidualBlock))
    {
        _dilated = new ModuleList<Conv1d>([.. sizes.Dilations.Select(dilation => Build(dilation))]);
        _plain = new ModuleList<Conv1d>([.. sizes.Dilations.Select(_ => Build(1))]);
        RegisterComponents();

        Conv1d Build(int dilation) =>
            nn.Conv1d(channels, channels, sizes.Kernel, padding: dilation * (sizes.Kernel / 2), dilation: dilation, device: META);
    }

    /// <summary>How many samples, at its own rate, a block of these sizes looks to each side.</summary>
    public static int ReachOf(VocoderResidual sizes) => sizes.Dilations.Sum(dilation => (dilation + 1) * (sizes.Kernel / 2));

    /// <summary>[B, C, T] to the same shape.</summary>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        Tensor x = input.alias();
        for (int pair = 0; pair < _dilated.Count; pair++)
        {
            using Tensor activated = x.silu();
            using Tensor hidden = _dilated[pair].call(activated).silu_();
            Tensor next = _plain[pair].call(hidden).AddInPlace(x);
            x.Dispose();
            x = next;
        }

        return x.MoveToOuterDisposeScope();
    }
}
