namespace AceStep.Hub;

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
