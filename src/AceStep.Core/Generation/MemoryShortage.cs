using System.Runtime.InteropServices;

namespace AceStep.Generation;

/// <summary>Recognises errors that mean that memory ran out, and adds the stage to them.</summary>
internal static class MemoryShortage
{
    // libtorch's messages for the host's memory on Unix and on Windows, and for a GPU's.
    private static readonly string[] Signs = ["can't allocate memory", "not enough memory", "out of memory"];

    /// <summary>Whether an error means that memory ran out. libtorch has no exception type for it, so its message is examined.</summary>
    public static bool Is(Exception error) => error switch
    {
        InsufficientMemoryException => false,
        OutOfMemoryException => true,
        ExternalException => Signs.Any(sign => error.Message.Contains(sign, StringComparison.OrdinalIgnoreCase)),
        _ => false,
    };

    /// <summary>The error with the stage and advice.</summary>
    public static InsufficientMemoryException Describe(MusicStage stage, Exception error) => new(
        $"Out of memory while {stage.Doing()} ({FirstLine(error.Message)}). Use a shorter song, fewer songs at once, bfloat16, or a memory plan that offloads or drops parts of the model.",
        error);

    /// <summary>The message without the backtrace that libtorch adds.</summary>
    private static string FirstLine(string message) => message.AsSpan().Trim().ToString().Split('\n', 2)[0].TrimEnd().TrimEnd('.');
}
