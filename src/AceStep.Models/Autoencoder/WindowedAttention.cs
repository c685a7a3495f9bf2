using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// Runs the attention blocks of the deepest stage on parts of a song with the result that they have on the whole. A block
/// sees beyond its pixels' surroundings only through sums over the whole song, and these are gathered window by window first:
/// the first block's, then, with them, the second's, and so on.
/// </summary>
/// <param name="blocks">The blocks.</param>
/// <param name="plan">The windows; a plan of one needs no gathering.</param>
/// <param name="enter">Gives the first block's input for a range of frames, as in the whole song: [1, C, H, frames].</param>
/// <param name="steps">Told of each step.</param>
internal sealed class WindowedAttention(IReadOnlyList<EfficientViTBlock> blocks, AttentionPlan plan, Func<FrameRange, Tensor> enter, WorkSteps steps) : IDisposable
{
    private readonly Tensor?[] _sums = new Tensor?[blocks.Count];

    // For each window what came out of the last block that it went through, and how many these are.
    private readonly (Tensor? Hidden, int Depth)[] _kept = new (Tensor?, int)[plan.Windows.Count];

    /// <summary>Gathers every block's sums; to be called once, before the first <see cref="Run"/>.</summary>
    public void Gather()
    {
        if (plan.Windows.Count == 1)
        {
            return;
        }

        for (int depth = 0; depth < blocks.Count; depth++)
        {
            for (int window = 0; window < plan.Windows.Count; window++)
            {
                using var scope = NewDisposeScope();
                Tensor hidden = RunTo(window, depth);
                FrameRange counted = plan.Windows[window];
                Tensor sums = blocks[depth].Attention.Sums(hidden, counted.Start - plan.Inputs[window].Start, counted.Length);
                _sums[depth] = _sums[depth]?.AddInPlace(sums) ?? sums.DetachFromDisposeScope();
                steps.Done();
            }
        }
    }

    /// <summary>The last block's output for a window and its context: [1, C, H, frames]. To be called once for each window.</summary>
    public Tensor Run(int window)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = RunTo(window, blocks.Count);
        Forget(window);
        return plan.Results[window].Of(hidden, plan.Inputs[window]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor? sums in _sums)
        {
            sums?.Dispose();
        }

        for (int window = 0; window < _kept.Length; window++)
        {
            Forget(window);
        }
    }

    private Tensor RunTo(int window, int depth)
    {
        using var scope = NewDisposeScope();
        (Tensor? kept, int done) = _kept[window];
        Tensor x = kept?.alias() ?? enter(plan.Inputs[window]);
        for (; done < depth; done++)
        {
            Tensor next = blocks[done].call(x, _sums[done]);
            x.Dispose();
            x = next;
            steps.Done();
        }

        if (plan.Keeps)
        {
            Forget(window);
            _kept[window] = (x.alias().DetachFromDisposeScope(), depth);
        }

        return x.MoveToOuterDisposeScope();
    }

    private void Forget(int window)
    {
        _kept[window].Hidden?.Dispose();
        _kept[window] = default;
    }
}
