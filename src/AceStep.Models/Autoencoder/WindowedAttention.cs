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
/// <param name="entry">Gives the first block's input for a range of frames, as in the whole song: [1, C, H, frames].</param>
/// <param name="steps">Told of each step.</param>
internal sealed class WindowedAttention(IReadOnlyList<EfficientViTBlock> blocks, AttentionPlan plan, Func<FrameRange, Tensor> entry, WorkSteps steps) : IDisposable
{
    private readonly Tensor?[] _sums = new Tensor?[blocks.Count];

    // For each window the output of the last block that it has been through, and how many blocks that is.
    private readonly (Tensor? Hidden, int Depth)[] _kept = new (Tensor?, int)[plan.Windows.Count];

    /// <summary>Gathers every block's sums; to be called once, before the first <see cref="Forward"/>.</summary>
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
                Tensor hidden = ForwardTo(window, depth);
                FrameRange counted = plan.Windows[window];
                Tensor sums = blocks[depth].Attention.Sums(hidden, counted.Start - plan.Inputs[window].Start, counted.Length);
                _sums[depth] = _sums[depth]?.AddInPlace(sums) ?? sums.DetachFromDisposeScope();
                steps.Done();
            }
        }
    }

    /// <summary>The last block's output for a window and its context: [1, C, H, frames]. To be called once for each window.</summary>
    public Tensor Forward(int window)
    {
        using var scope = NewDisposeScope();
        Tensor hidden = ForwardTo(window, blocks.Count);
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

    private Tensor ForwardTo(int window, int depth)
    {
        using var scope = NewDisposeScope();
        (Tensor? kept, int done) = _kept[window];
        Tensor x = kept?.alias() ?? entry(plan.Inputs[window]);
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

/// <summary>How the attention blocks go through a song.</summary>
internal sealed class AttentionPlan
{
    // Four minutes at the released sizes need 190 MiB in float32.
    private const long MostKeptBytes = 256L << 20;

    /// <summary>Plans for one song.</summary>
    /// <param name="windows">The song in windows, without gaps; one for all at once.</param>
    /// <param name="blocks">The blocks.</param>
    /// <param name="contextAfter">Frames on both sides of a window that what follows the blocks looks at.</param>
    /// <param name="frameBytes">Bytes of one frame between two blocks.</param>
    public AttentionPlan(IReadOnlyList<FrameRange> windows, IReadOnlyList<EfficientViTBlock> blocks, int contextAfter, long frameBytes)
    {
        Windows = windows;
        long total = windows[^1].End;
        Results = [.. windows.Select(window => window.Widen(contextAfter, total))];
        Inputs = [.. Results.Select(result => result.Widen(blocks.Sum(block => block.Reach), total))];
        Keeps = windows.Count > 1 && Inputs.Sum(input => input.Length) * frameBytes <= MostKeptBytes;
        int gathers = windows.Count > 1 ? blocks.Count : 0;
        int runs = windows.Count == 1 || Keeps ? blocks.Count : blocks.Count * (blocks.Count + 1) / 2;
        Steps = windows.Count * (gathers + runs);
    }

    /// <summary>The song in windows, without gaps.</summary>
    public IReadOnlyList<FrameRange> Windows { get; }

    /// <summary>For each window the range of frames whose result is wanted: the window and its context.</summary>
    public IReadOnlyList<FrameRange> Results { get; }

    /// <summary>For each window the range of frames that go into the first block, so that its result is the whole song's.</summary>
    public IReadOnlyList<FrameRange> Inputs { get; }

    /// <summary>
    /// Whether each window's frames are kept from one block to the next. For a song that is too long for that, each further block
    /// starts from the first block's input again, which bounds the memory and takes more runs.
    /// </summary>
    public bool Keeps { get; }

    /// <summary>The steps that the blocks count for the whole song.</summary>
    public int Steps { get; }
}
