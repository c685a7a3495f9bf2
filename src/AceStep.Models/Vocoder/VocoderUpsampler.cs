using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// Lengthens a signal by a transposed convolution. It runs as an ordinary one that gives all new samples of a position side
/// by side, as channels; with the channels stored last these already lie in the order of time.
/// </summary>
/// <remarks>libtorch's transposed convolution over time takes a slow path on the CPU: it builds a matrix, and is 3 to 10 times slower.</remarks>
internal sealed class VocoderUpsampler : nn.Module<Tensor, Tensor>, IHasParameters
{
    private readonly VocoderUpsampling _sizes;
    private readonly long _outputChannels;

    // As the checkpoint has it, [Cin, Cout, kernel], until it is assigned; then [rate Cout, Cin, taps].
    [ComponentName(Name = "weight")]
    private Parameter _weight;

    // [Cout] until it is assigned; then [rate Cout].
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

    void IHasParameters.Assign(string name, Parameter value)
    {
        ref Parameter parameter = ref name == "weight" ? ref _weight : ref _bias;
        parameter.Dispose();
        using (value)
        {
            parameter = name == "weight" ? VocoderWeights.ToPhases(value, _sizes) : VocoderWeights.RepeatForPhases(value, _sizes);
        }

        ConditionallyRegisterParameter(name, parameter);
    }
}
