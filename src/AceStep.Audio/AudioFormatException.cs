namespace AceStep.Audio;

/// <summary>A file or stream does not hold audio that can be read. The message names it and says what is wrong.</summary>
public sealed class AudioFormatException : Exception
{
    /// <summary>Without a message.</summary>
    public AudioFormatException()
    {
    }

    /// <summary>With what is wrong and where.</summary>
    public AudioFormatException(string message)
        : base(message)
    {
    }

    /// <summary>With what is wrong and where, and the error that showed it.</summary>
    public AudioFormatException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
