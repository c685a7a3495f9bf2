using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Schedulers;

/// <summary>
/// Scales a step's change about its mean. Omega is squeezed into a weight between 0.9 and 1.1: 0 leaves the change as it
/// is, more spreads it.
/// </summary>
internal readonly struct OmegaShift
{
    private const double Lowest = 0.9;
    private const double Highest = 1.1;
    private const double Steepness = 0.1;

    private readonly double _weight;

    public OmegaShift(double omega)
    {
        if (!double.IsFinite(omega))
        {
            throw new ArgumentOutOfRangeException(nameof(omega), omega, "omega must be a finite number.");
        }

        _weight = Lowest + (Highest - Lowest) / (1 + Math.Exp(-Steepness * omega));
    }

    /// <summary>(change - mean) * weight + mean. The mean is the whole batch's, so that items touch each other: the original does so.</summary>
    public Tensor Apply(Tensor change)
    {
        using var scope = NewDisposeScope();
        Tensor mean = change.mean();
        return (change - mean).Times(_weight).Plus(mean).MoveToOuterDisposeScope();
    }
}
