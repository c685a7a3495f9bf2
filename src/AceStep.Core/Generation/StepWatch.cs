using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Generation;

/// <summary>
/// Remembers of each evaluation whether its latents were finite, on the device: nothing is read back while the loop runs,
/// and nothing at all where the result is finite.
/// </summary>
internal sealed class StepWatch : IDisposable
{
    private readonly List<Tensor> _sums = [];

    /// <summary>The evaluations that have been marked.</summary>
    public int Count => _sums.Count;

    /// <summary>Remembers an evaluation's latents: a sum is not finite where one of its numbers is not.</summary>
    public void Mark(Tensor latents)
    {
        using var scope = NewDisposeScope();
        _sums.Add(latents.sum(type: float32).DetachFromDisposeScope());
    }

    /// <summary>The first evaluation, from 1, whose latents were not finite; null where all were.</summary>
    public int? FirstBroken()
    {
        using var scope = NewDisposeScope();
        int index = Array.FindIndex(_sums.Count == 0 ? [] : stack(_sums).cpu().data<float>().ToArray(), sum => !float.IsFinite(sum));
        return index < 0 ? null : index + 1;
    }

    public void Dispose()
    {
        foreach (Tensor sum in _sums)
        {
            sum.Dispose();
        }

        _sums.Clear();
    }
}
