namespace AceStep;

/// <summary>
/// Something could not be fetched: it is not there, not allowed, not what it should be, or the network failed for longer than
/// is worth waiting. What had arrived stays in the cache and is gone on from the next time; nothing unverified is used.
/// </summary>
public sealed class DownloadException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was asked for, and why it is not to be had.</param>
    /// <param name="innerException">What the network or the disk said; null for nothing.</param>
    public DownloadException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
