namespace AceStep.Models;

/// <summary>A checkpoint's file is malformed: cut short, damaged, or of another format or with a value that cannot be.</summary>
public sealed class CheckpointFormatException : Exception
{
    /// <summary>Creates the error for one file.</summary>
    /// <param name="file">The file's path.</param>
    /// <param name="rule">What must hold, and what was found instead; without a final full stop.</param>
    /// <param name="tensor">The tensor at fault, where there is one.</param>
    /// <param name="innerException">What a parser said, where one did.</param>
    public CheckpointFormatException(string file, string rule, string? tensor = null, Exception? innerException = null)
        : base(tensor is null ? $"{file}: {rule}." : $"{file}, tensor \"{Shorten(tensor)}\": {rule}.", innerException)
    {
        File = file;
        Rule = rule;
        Tensor = tensor;
    }

    /// <summary>The path of the malformed file.</summary>
    public string File { get; }

    /// <summary>The rule that was broken, with the value that broke it.</summary>
    public string Rule { get; }

    /// <summary>The name of the tensor at fault; null where the file as a whole or a config's value is.</summary>
    public string? Tensor { get; }

    /// <summary>Text from a file as a message may quote it: damaged files have names of any length.</summary>
    internal static string Shorten(string text) => text.Length <= 120 ? text : $"{text.AsSpan(0, 120)}...";
}
