namespace AceStep.Lyrics;

/// <summary>A line of lyrics that cannot be encoded, where <see cref="LyricTokenizerOptions.Strict"/> asks for an error.</summary>
public sealed class LyricLineException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="lineNumber">The line's number, from 1.</param>
    /// <param name="reason">Why it cannot be encoded.</param>
    /// <param name="innerException">What was thrown below, or null.</param>
    public LyricLineException(int lineNumber, string reason, Exception? innerException = null)
        : base($"Line {lineNumber} of the lyrics cannot be sung: {reason}.", innerException) => LineNumber = lineNumber;

    /// <summary>The line's number, from 1.</summary>
    public int LineNumber { get; }
}
