namespace AceStep.Hub;

/// <summary>Where a file's contents go.</summary>
/// <param name="Contents">The verified contents: a blob of the cache, or the file itself.</param>
/// <param name="Link">The file of the snapshot that shows a blob; null where the contents are the file.</param>
/// <param name="Lock">Held by the one process that fetches the contents.</param>
internal sealed record FilePlace(string Contents, string? Link, string Lock)
{
    /// <summary>What has arrived and is not verified. The name is the one of Python's huggingface_hub up to its version 1.</summary>
    public string Partial => Contents + ".incomplete";

    /// <summary>The file to be opened.</summary>
    public string File => Link ?? Contents;

    /// <summary>The bytes of an earlier attempt.</summary>
    public long PartialBytes => new FileInfo(Partial) is { Exists: true } partial ? partial.Length : 0;

    /// <summary>Whether the verified contents are there, by their size.</summary>
    public bool HasContents(long bytes) => HasSize(Contents, bytes);

    /// <summary>Whether there is nothing left to do.</summary>
    public bool IsComplete(long bytes) => HasSize(File, bytes);

    /// <summary>Shows verified contents in the snapshot: by a relative link, or by moving them there where links are not to be had.</summary>
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
        // One name: the lock is held, and what a killed process left is taken away.
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
            // Windows gives links to developers and administrators, and some file systems to nobody.
            System.IO.File.Delete(temporary);
            return false;
        }
    }

    /// <summary>Whether a file, or what a link leads to, is there and has a size.</summary>
    public static bool HasSize(string path, long bytes)
    {
        // A link has a length of its own: what counts is what it leads to.
        FileInfo file = new(path);
        return file.Exists && ((file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo) ?? file) is { Exists: true } target && target.Length == bytes;
    }
}

/// <summary>
/// A lock between processes: an open file, as Python's huggingface_hub locks it (flock on Unix). The system releases it
/// however the process ends.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private const int SharingViolation = unchecked((int)0x80070020);

    private readonly FileStream _stream;

    private FileLock(FileStream stream) => _stream = stream;

    /// <summary>Waits for a lock.</summary>
    /// <param name="path">The file that stands for it; made where it is missing.</param>
    /// <param name="pause">Between two looks.</param>
    /// <param name="onWait">Called once, where it is held by another.</param>
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

    /// <summary>Takes a lock whose folder exists; null where another holds it.</summary>
    public static FileLock? TryAcquire(string path)
    {
        FileStreamOptions options = new() { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            // Users of one group share caches.
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
