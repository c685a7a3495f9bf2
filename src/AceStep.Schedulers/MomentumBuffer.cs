using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Schedulers;

/// <summary>
/// What adaptive projected guidance remembers between steps: m = d - 0.75 m over the differences d that it saw, from m = 0.
/// </summary>
/// <remarks>Belongs to one sequence of guided predictions, on one thread. Holds one tensor, which <see cref="Dispose"/> gives back.</remarks>
public sealed class MomentumBuffer : IDisposable
{
    private const double Momentum = -0.75;

    private Tensor? _average;

    /// <summary>Takes a difference in and returns the average, which stays the buffer's.</summary>
    internal Tensor Update(Tensor difference)
    {
        using var scope = NewDisposeScope();
        Tensor next = _average is null ? difference.alias() : difference.Plus(_average.Times(Momentum));
        _average?.Dispose();
        _average = next.DetachFromDisposeScope();
        return _average;
    }

    /// <summary>Forgets what was seen and gives its memory back.</summary>
    public void Dispose()
    {
        _average?.Dispose();
        _average = null;
    }
}
