using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;

namespace AceStep.Models;

/// <summary>Reads the bytes of an open file into memory.</summary>
internal static class FileBytes
{
    /// <summary>The least that is worth a thread of its own.</summary>
    public const int PartBytes = 2 << 20;

    /// <summary>Fills a span with the bytes from an offset on, and says how many there were: fewer than asked for where the file ends.</summary>
    public static int ReadUpTo(SafeFileHandle file, Span<byte> target, long offset)
    {
        int read = 0;
        for (int taken = 1; taken > 0 && read < target.Length; read += taken)
        {
            taken = RandomAccess.Read(file, target[read..], offset + read);
        }

        return read;
    }

    /// <summary>
    /// The same with several threads, each of which reads a part. The system copies from its cache, and clears memory that was
    /// never touched, on the thread that reads: that is most of what loading costs.
    /// </summary>
    public static unsafe int ReadUpTo(SafeFileHandle file, Span<byte> target, long offset, int threads)
    {
        int parts = Math.Min(threads, target.Length / PartBytes);
        if (parts <= 1)
        {
            return ReadUpTo(file, target, offset);
        }

        int length = target.Length;
        int partLength = (length + parts - 1) / parts;
        int[] read = new int[parts];
        fixed (byte* pinned = target)
        {
            byte* memory = pinned; // a pinned variable cannot be captured
            try
            {
                Parallel.For(0, parts, part =>
                {
                    int first = part * partLength;
                    read[part] = ReadUpTo(file, new Span<byte>(memory + first, Math.Min(partLength, length - first)), offset + first);
                });
            }
            catch (AggregateException exception)
            {
                ExceptionDispatchInfo.Throw(exception.InnerExceptions[0]);
            }
        }

        int ended = Array.FindIndex(read, count => count < partLength);
        return ended < 0 ? length : (ended * partLength) + read[ended];
    }
}
