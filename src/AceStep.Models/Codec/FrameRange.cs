using TorchSharp;

namespace AceStep.Models;

/// <summary>A run of frames: the first one and the one after the last.</summary>
internal readonly record struct FrameRange(long Start, long End)
{
    /// <summary>The number of frames.</summary>
    public long Length => End - Start;

    /// <summary>Cuts a length into windows of nearly equal size.</summary>
    /// <param name="length">Frames in all, at least 1.</param>
    /// <param name="largest">Frames that a window may have at most.</param>
    public static FrameRange[] Split(long length, long largest)
    {
        long count = (length + largest - 1) / largest;
        FrameRange[] windows = new FrameRange[count];
        for (long window = 0; window < count; window++)
        {
            windows[window] = new FrameRange(window * length / count, (window + 1) * length / count);
        }

        return windows;
    }

    /// <summary>This range with context on both sides, as far as there is any.</summary>
    public FrameRange Widen(long context, long total) => new(Math.Max(0, Start - context), Math.Min(total, End + context));

    /// <summary>The same range in units of which one frame has several.</summary>
    public FrameRange Times(long factor) => new(Start * factor, End * factor);

    /// <summary>The view of this range of the last axis, in a tensor that holds a wider range.</summary>
    public torch.Tensor Of(torch.Tensor tensor, FrameRange held) => tensor.narrow(-1, Start - held.Start, Length);

    /// <summary>The view of this range of the last axis, in a tensor that holds all frames.</summary>
    public torch.Tensor Of(torch.Tensor tensor) => tensor.narrow(-1, Start, Length);
}
