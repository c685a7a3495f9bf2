using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// Runs the attention blocks of the deepest stage on parts of a song with the result that they have on the whole. A block
/// sees beyond its pixels' surroundings only through sums over the whole song, and these are gathered window by window first:
/// the first block's, then, with them, the second's, and so on.
/// </summary>
/// <remarks>Holds the sums, a few hundred kilobytes, until it is disposed.</remarks>
internal sealed class WindowedAttention(IReadOnlyList<EfficientViTBlock> blocks) : IDisposable
{
    private readonly Tensor?[] _sums = new Tensor?[blocks.Count];

    /// <summary>How many frames to each side the blocks look, the sums apart.</summary>
    public int Reach => blocks.Sum(block => block.Reach);

    /// <summary>The steps that <see cref="Gather"/> counts for each window.</summary>
    public static int GatherSteps(int blockCount) => blockCount * (blockCount + 1) / 2;

    /// <summary>Gathers every block's sums.</summary>
    /// <param name="windows">The song in windows, without gaps.</param>
    /// <param name="enter">Gives the first block's input for a range of frames: [B, C, H, frames].</param>
    /// <param name="steps">Told of each window of each block that is passed.</param>
    public void Gather(IReadOnlyList<FrameRange> windows, Func<FrameRange, Tensor> enter, WorkSteps steps)
    {
        long total = windows[^1].End;
        int reach = 0;
        for (int depth = 0; depth < blocks.Count; depth++)
        {
            MultiscaleLinearAttention attention = blocks[depth].Attention;
            foreach (FrameRange window in windows)
            {
                using var scope = NewDisposeScope();
                FrameRange wide = window.Widen(reach + attention.Reach, total);
                Tensor hidden = Run(enter(wide), depth, steps);
                Tensor sums = attention.Sums(hidden, window.Start - wide.Start, window.Length);
                _sums[depth] = _sums[depth]?.add_(sums) ?? sums.DetachFromDisposeScope();
                steps.Done();
            }

            reach += blocks[depth].Reach;
        }
    }

    /// <summary>[B, C, H, frames] to the same shape through all blocks, as parts of the song whose sums were gathered, or as a whole song where none were.</summary>
    public Tensor Run(Tensor hidden, WorkSteps steps) => Run(hidden, blocks.Count, steps);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor? sums in _sums)
        {
            sums?.Dispose();
        }
    }

    private Tensor Run(Tensor hidden, int count, WorkSteps steps)
    {
        using var scope = NewDisposeScope();
        Tensor x = hidden.alias();
        for (int depth = 0; depth < count; depth++)
        {
            Tensor next = blocks[depth].call(x, _sums[depth]);
            x.Dispose();
            x = next;
            steps.Done();
        }

        return x.MoveToOuterDisposeScope();
    }
}
