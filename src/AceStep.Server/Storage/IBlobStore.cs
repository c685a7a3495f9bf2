namespace AceStep.Server.Storage;

/// <summary>Audio in and out, by name. A blob is there whole or not at all, and durable before the call returns. All members may be called from any number of threads.</summary>
/// <remarks>Names have two parts, as in <c>out/abc-1.wav</c>: a folder of small letters, and letters, digits, dots and dashes.</remarks>
public interface IBlobStore
{
    /// <summary>Stores what a callback writes; a blob of the name that is there already is replaced.</summary>
    /// <returns>The size in bytes.</returns>
    /// <exception cref="StorageFullException">There is no room on the disk.</exception>
    Task<long> PutAsync(string name, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken = default);

    /// <summary>Opens a blob, seekable; null where there is none.</summary>
    Task<Stream?> OpenAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Removes a blob, if it is there.</summary>
    Task DeleteAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>The blobs of a folder, in any order.</summary>
    IAsyncEnumerable<BlobInfo> ListAsync(string folder, CancellationToken cancellationToken = default);

    /// <summary>Throws where less room than the configured reserve would be left after so many more bytes.</summary>
    /// <exception cref="StorageFullException">There is no such room.</exception>
    void RequireRoom(long bytes);
}

/// <summary>A stored blob. Immutable.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Stored">When it was stored.</param>
public sealed record BlobInfo(string Name, long Bytes, DateTimeOffset Stored);

/// <summary>There is no room on the disk for what was asked; nothing of it was kept.</summary>
public sealed class StorageFullException : IOException
{
    /// <summary>Without a message.</summary>
    public StorageFullException()
    {
    }

    /// <summary>With what is missing.</summary>
    public StorageFullException(string message)
        : base(message)
    {
    }

    /// <summary>With what is missing, and the error that showed it.</summary>
    public StorageFullException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
