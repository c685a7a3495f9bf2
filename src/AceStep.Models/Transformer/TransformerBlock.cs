using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// One block of the transformer: linear self-attention, cross-attention to the encoder and the gated convolution, each
/// added to the stream. The timestep shifts, scales and gates the first and the last; the second it leaves alone.
/// </summary>
internal sealed class TransformerBlock : nn.Module<Tensor, Tensor, BlockContext, Tensor>, IHasParameters
{
    /// <summary>Shift, scale and gate of the self-attention, then of the feed-forward.</summary>
    public const int ModulationCount = 6;

    [ComponentName(Name = "scale_shift_table")]
    private Parameter _modulation;

    [ComponentName(Name = "attn")]
    private readonly LinearAttention _selfAttention;

    [ComponentName(Name = "cross_attn")]
    private readonly CrossAttention _crossAttention;

    [ComponentName(Name = "ff")]
    private readonly GatedConvolution _feedForward;

    public TransformerBlock(int heads, int headSize, int feedForwardWidth)
        : base(nameof(TransformerBlock))
    {
        int width = heads * headSize;
        _modulation = new Parameter(empty(ModulationCount, width, device: META), requires_grad: false);
        _selfAttention = new LinearAttention(heads, headSize);
        _crossAttention = new CrossAttention(heads, headSize);
        _feedForward = new GatedConvolution(width, feedForwardWidth);
        RegisterComponents();
    }

    /// <summary>The block's own modulation [6, D], to which the timestep's is added.</summary>
    public Tensor Modulation => _modulation;

    /// <inheritdoc cref="CrossAttention.ProjectEncoder"/>
    public (Tensor Key, Tensor Value) ProjectEncoder(Tensor encoderHiddenStates, RotaryTable rotary) =>
        _crossAttention.ProjectEncoder(encoderHiddenStates, rotary);

    /// <summary>[B, F, D] to [B, F, D].</summary>
    /// <param name="hiddenStates">[B, F, D]: the stream.</param>
    /// <param name="modulation">[6, B or 1, 1, D], float32, in the order of <see cref="ModulationCount"/>; scales are factors, one already added.</param>
    /// <param name="context">What the generation's passes share.</param>
    public override Tensor forward(Tensor hiddenStates, Tensor modulation, BlockContext context)
    {
        using var scope = NewDisposeScope();
        Tensor[] parts = modulation.unbind(0);
        (Tensor attentionShift, Tensor attentionScale, Tensor attentionGate) = (parts[0], parts[1], parts[2].to(hiddenStates.dtype));
        (Tensor feedForwardShift, Tensor feedForwardScale, Tensor feedForwardGate) = (parts[3], parts[4], parts[5].to(hiddenStates.dtype));

        Tensor normalised = RootMeanSquareNorm.Modulate(hiddenStates, attentionShift, attentionScale);
        Tensor stream = hiddenStates.PlusProduct(attentionGate, _selfAttention.call(normalised, context));
        stream.AddInPlace(_crossAttention.call(stream, context));
        normalised = RootMeanSquareNorm.Modulate(stream, feedForwardShift, feedForwardScale);
        return stream.AddProductInPlace(feedForwardGate, _feedForward.call(normalised)).MoveToOuterDisposeScope();
    }

    void IHasParameters.Assign(string name, Parameter value)
    {
        _modulation.Dispose();
        _modulation = value;
        ConditionallyRegisterParameter(name, value);
    }
}
