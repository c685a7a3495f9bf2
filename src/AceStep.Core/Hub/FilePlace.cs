namespace AceStep.Hub;

/// <summary>Where a downloaded file is put on disk.</summary>
/// <param name="Contents">The verified contents: a blob of the cache, or the file itself.</param>
/// <param name="Link">The file of the snapshot that links to the blob; null if the contents are the file itself.</param>
/// <param name="Lock">The lock's file, held by the process that fetches the contents.</param>
internal sealed record FilePlace(string Contents, string? Link, string Lock)
{
    /// <summary>The file of unverified data that has arrived so far. Named as by Python's huggingface_hub before its version 1.</summary>
    public string Partial => Contents + ".incomplete";

    /// <summary>The file to be opened.</summary>
    public string File => Link ?? Contents;

    /// <summary>The number of bytes left by an earlier attempt.</summary>
    public long PartialBytes => new FileInfo(Partial) is { Exists: true } partial ? partial.Length : 0;

    /// <summary>Whether the verified contents are there, judged by their size.</summary>
    public bool HasContents(long bytes) => HasSize(Contents, bytes);

    /// <summary>Whether the file is there in its final place.</summary>
    public bool IsComplete(long bytes) => HasSize(File, bytes);

    /// <summary>Puts verified contents into the snapshot: by a relative link, or by moving them there if links are not possible.</summary>
    public void Publish(long bytes, bool usesLinks)
    {
        if (Link is null || HasSize(Link, bytes))
        {
            return;
        }

        string folder = Path.GetDirectoryName(Link)!;
        Directory.CreateDirectory(folder);
        if (!usesLinks || !TryLink(folder))
        {
            System.IO.File.Move(Contents, Link, overwrite: true);
        }
    }

    private bool TryLink(string folder)
    {
        // A fixed name is safe, since the lock is held; a file left by a killed process is replaced.
        string temporary = $"{Link}.tmp";
        try
        {
            System.IO.File.Delete(temporary);
            System.IO.File.CreateSymbolicLink(temporary, Path.GetRelativePath(folder, Contents));
            System.IO.File.Move(temporary, Link!, overwrite: true);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            // On Windows only developers and administrators may create links, and some file systems have none.
            System.IO.File.Delete(temporary);
            return false;
        }
    }

    /// <summary>Whether a file, or the target of a link, exists and has the given size.</summary>
    public static bool HasSize(string path, long bytes)
    {
        // A link has a length of its own; the target's length is what counts.
        FileInfo file = new(path);
        return file.Exists && ((file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo) ?? file) is { Exists: true } target && target.Length == bytes;
    }
}

/// <summary>
/// A lock between processes: an open file, locked as Python's huggingface_hub does (flock on Unix). The system releases it
/// even if the process is killed.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private const int SharingViolation = unchecked((int)0x80070020);

    private readonly FileStream _stream;

    private FileLock(FileStream stream) => _stream = stream;

    /// <summary>Waits for a lock.</summary>
    /// <param name="path">The lock's file; created if it does not exist.</param>
    /// <param name="pause">The time between two attempts.</param>
    /// <param name="onWait">Called once if another process holds the lock.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    public static async Task<FileLock> AcquireAsync(string path, TimeSpan pause, Action onWait, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        for (bool hasTold = false; ; hasTold = true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryAcquire(path) is { } acquired)
            {
                return acquired;
            }

            if (!hasTold)
            {
                onWait();
            }

            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Takes a lock whose folder exists; null if another process holds it.</summary>
    public static FileLock? TryAcquire(string path)
    {
        FileStreamOptions options = new() { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            // Users of one group may share a cache.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead;
        }

        try
        {
            return new FileLock(new FileStream(path, options));
        }
        catch (IOException error) when (IsHeld(error))
        {
            return null;
        }
    }

    public void Dispose() => _stream.Dispose();

    // EWOULDBLOCK is 11 on Linux, 35 on macOS.
    private static bool IsHeld(IOException error) => error.HResult is SharingViolation or 11 or 35;
}
