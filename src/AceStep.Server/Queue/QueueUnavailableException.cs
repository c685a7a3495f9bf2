namespace AceStep.Server.Queue;

/// <summary>The queue's server does not answer. What was asked may have been done or not; asking again is safe.</summary>
public sealed class QueueUnavailableException : IOException
{
    /// <summary>Without a message.</summary>
    public QueueUnavailableException()
    {
    }

    /// <summary>With what happened.</summary>
    public QueueUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>With what happened, and the error that showed it.</summary>
    public QueueUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
