using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>Tokens to the velocity of the latents: a norm that the timestep modulates, a linear layer, and each token back to its frame's column.</summary>
internal sealed class FinalLayer : nn.Module<Tensor, Tensor, Tensor>, IHasParameters
{
    private readonly int _channels;
    private readonly int _height;

    [ComponentName(Name = "linear")]
    private readonly Linear _linear;

    [ComponentName(Name = "scale_shift_table")]
    private Parameter _modulation;

    public FinalLayer(int width, int channels, int height)
        : base(nameof(FinalLayer))
    {
        _channels = channels;
        _height = height;
        _linear = nn.Linear(width, height * channels, device: META);
        _modulation = new Parameter(empty(2, width, device: META), requires_grad: false);
        RegisterComponents();
    }

    /// <summary>[B, F, D] to [B, C, height, F].</summary>
    /// <param name="hiddenStates">[B, F, D].</param>
    /// <param name="embeddedTimestep">[B or 1, D].</param>
    public override Tensor forward(Tensor hiddenStates, Tensor embeddedTimestep)
    {
        using var scope = NewDisposeScope();
        Tensor[] modulation = _modulation.to(float32).unsqueeze(1).Plus(embeddedTimestep).unsqueeze(2).unbind(0); // [B or 1, 1, D] each
        Tensor normalised = RootMeanSquareNorm.Modulate(hiddenStates, shift: modulation[0], scale: modulation[1].Plus(1));
        Tensor columns = _linear.call(normalised).unflatten(2, _height, _channels); // [B, F, height, C]
        return columns.permute(0, 3, 2, 1).contiguous().MoveToOuterDisposeScope();
    }

    void IHasParameters.Assign(string name, Parameter value)
    {
        _modulation.Dispose();
        _modulation = value;
        ConditionallyRegisterParameter(name, value);
    }
}
