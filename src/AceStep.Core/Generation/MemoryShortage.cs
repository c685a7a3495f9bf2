using System.Runtime.InteropServices;

namespace AceStep.Generation;

/// <summary>Knows the errors that say that memory has ended, and says in which stage it did.</summary>
internal static class MemoryShortage
{
    // libtorch's words for a processor's memory on Unix and on Windows, and for a GPU's.
    private static readonly string[] Signs = ["can't allocate memory", "not enough memory", "out of memory"];

    /// <summary>Whether an error says that there is no more memory: .NET's, or libtorch's by its words, for which it has no type.</summary>
    public static bool Is(Exception error) => error switch
    {
        InsufficientMemoryException => false,
        OutOfMemoryException => true,
        ExternalException => Signs.Any(sign => error.Message.Contains(sign, StringComparison.OrdinalIgnoreCase)),
        _ => false,
    };

    /// <summary>The error with the stage and what helps.</summary>
    public static InsufficientMemoryException Describe(MusicStage stage, Exception error) => new(
        $"While {stage.Doing()}, memory ended ({FirstLine(error.Message)}). A shorter song, fewer songs at once, bfloat16, or a memory plan that offloads or drops parts of the model take less.",
        error);

    /// <summary>libtorch's messages go on with a backtrace.</summary>
    private static string FirstLine(string message) => message.AsSpan().Trim().ToString().Split('\n', 2)[0].TrimEnd().TrimEnd('.');
}
