namespace AceStep.Hub;

/// <summary>A failure that may be gone the next time: a cut connection, a busy server, silence.</summary>
internal sealed class TransientFailure(string message, Exception? innerException = null) : IOException(message, innerException)
{
    /// <summary>How long the server asks to wait; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
