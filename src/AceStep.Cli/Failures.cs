using System.Runtime.InteropServices;
using AceStep.Audio;
using AceStep.Models;

namespace AceStep.Cli;

/// <summary>Describes errors: gives the exit code, and a one-line message.</summary>
internal static class Failures
{
    private const int LongestMessage = 2000;

    /// <param name="error">The exception.</param>
    /// <param name="optionOf">Returns the option for a field of the request; null for a field without one.</param>
    public static (int ExitCode, string Message) Describe(Exception error, Func<string, string?> optionOf)
    {
        error = Innermost(error);
        return error switch
        {
            OperationCanceledException => (ExitCodes.Cancelled, "cancelled; no unfinished files were left"),
            InvalidRequestException request => (ExitCodes.Usage, OneLine(optionOf(request.Field) is { } option ? $"{option}: {request.Rule}" : request.Message)),
            UsageException => (ExitCodes.Usage, OneLine(error.Message)),
            CheckpointFormatException or CheckpointMismatchException or LibtorchException or AudioFormatException or IOException or InvalidDataException
                or UnauthorizedAccessException or NotSupportedException or ArgumentException => (ExitCodes.Failure, OneLine(WithoutParameter(error))),
            OutOfMemoryException => (ExitCodes.Failure, "there is not enough memory; try --memory drop, --decode windowed, --precision bfloat16 or a shorter song"),
            DllNotFoundException or BadImageFormatException or EntryPointNotFoundException =>
                (ExitCodes.Failure, OneLine($"a native library cannot be loaded: {error.Message} Run 'acestep doctor' to see what is installed.")),
            ExternalException => (ExitCodes.Failure, OneLine($"libtorch: {error.Message}")),
            _ => (ExitCodes.Failure, OneLine($"{error.GetType().Name}: {error.Message}")),
        };
    }

    /// <summary>The exception that caused the others.</summary>
    private static Exception Innermost(Exception error) => error switch
    {
        AggregateException { InnerExceptions: [var only] } => Innermost(only),
        TypeInitializationException { InnerException: { } inner } => Innermost(inner),
        _ => error,
    };

    /// <summary>The message without the parameter's name, which .NET appends and users do not know.</summary>
    public static string WithoutParameter(Exception error) => error is ArgumentException { ParamName: { } name }
        ? error.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal)
        : error.Message;

    /// <summary>The first line of a message; libtorch adds a backtrace to its messages.</summary>
    private static string OneLine(string message)
    {
        string line = message.AsSpan().Trim().ToString().Split('\n', 2)[0].TrimEnd();
        return line.Length <= LongestMessage ? line : line[..LongestMessage] + "...";
    }
}

/// <summary>The program's exit codes.</summary>
internal static class ExitCodes
{
    /// <summary>Success.</summary>
    public const int Success = 0;

    /// <summary>The work failed.</summary>
    public const int Failure = 1;

    /// <summary>The command line or the request is invalid; nothing was done.</summary>
    public const int Usage = 2;

    /// <summary>Stopped by Ctrl+C.</summary>
    public const int Cancelled = 130;

    /// <summary>Stopped by SIGTERM.</summary>
    public const int Terminated = 143;
}

/// <summary>The command line breaks a rule that the parser does not check.</summary>
internal sealed class UsageException(string message) : Exception(message);
