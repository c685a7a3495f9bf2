namespace AceStep.Models;

/// <summary>How the attention blocks go through a song.</summary>
internal sealed class AttentionPlan
{
    // What four minutes need at the released sizes, in float32, is 190 MiB.
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
    /// Whether each window's frames are kept from one block to the next. A song that is too long for that enters the blocks anew
    /// for each further one, which bounds the memory and costs as many runs again as there are blocks.
    /// </summary>
    public bool Keeps { get; }

    /// <summary>The steps that the blocks count for the whole song.</summary>
    public int Steps { get; }
}
