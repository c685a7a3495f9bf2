namespace AceStep.Audio.Files;

/// <summary>
/// A file under a temporary name in its own folder, which takes its real name when it is complete and goes
/// away when it is not.
/// </summary>
internal sealed class AtomicFile : IDisposable
{
    private readonly string _path;
    private readonly string _temporaryPath;
    private bool _committed;

    /// <exception cref="IOException">The path is a folder, its folder does not exist, or no file can be made there.</exception>
    public AtomicFile(string path)
    {
        _path = Path.GetFullPath(path);
        if (Directory.Exists(_path))
        {
            throw new IOException($"Cannot write {path}: it is a folder.");
        }

        string folder = Path.GetDirectoryName(_path)!;
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"Cannot write {path}: there is no folder {folder}.");
        }

        _temporaryPath = Path.Combine(folder, $".acestep-{Path.GetRandomFileName()}.tmp");
        Stream = new FileStream(_temporaryPath, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
    }

    public FileStream Stream { get; }

    /// <summary>Closes the file and gives it its name, in the place of an older one.</summary>
    public void Commit()
    {
        Stream.Dispose();
        File.Move(_temporaryPath, _path, overwrite: true);
        _committed = true;
    }

    /// <summary>Whether writing failed, and not the program: .NET has no better name for a file that its file system cannot hold, as FAT none of 4 GiB.</summary>
    public static bool IsFailure(Exception error) => error is IOException or ArgumentOutOfRangeException;

    /// <summary>The same error with the name that the caller knows in place of the temporary one.</summary>
    public IOException Rename(Exception error) =>
        new($"Cannot write {_path}: {error.Message.Replace($" : '{_temporaryPath}'", "", StringComparison.Ordinal)}", error);

    public void Dispose()
    {
        try
        {
            Stream.Dispose();
        }
        catch (Exception error) when (!_committed && IsFailure(error))
        {
            // A full disk refuses once more what is still in the buffer, and the file goes away in any case.
        }

        if (!_committed)
        {
            File.Delete(_temporaryPath);
        }
    }
}
