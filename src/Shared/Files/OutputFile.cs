using System.Runtime.InteropServices;

namespace AceStep;

/// <summary>
/// A file that is written whole or not at all. Until it is complete it has a temporary name in its folder; then it is flushed to
/// the disk and takes its real name, in the place of an older file. What is not completed is removed. A symbolic link stays, and
/// what it points to is written; a pipe or a device gets the bytes themselves at the end.
/// </summary>
/// <remarks>The one place where files are written so; compiled into AceStep.Audio and AceStep.Models, which know nothing of each other.</remarks>
internal sealed class OutputFile : IDisposable
{
    private readonly string _path;
    private readonly string? _temporaryPath;
    private bool _committed;

    /// <exception cref="IOException">The path is a folder, its folder does not exist, or no file can be made there.</exception>
    public OutputFile(string path)
        : this(path, TargetOf(path))
    {
    }

    private OutputFile(string path, string target, bool replaces = false, UnixFileMode? mode = null)
    {
        _path = target;
        if (!replaces && FileKind.IsSpecial(target))
        {
            Stream = new MemoryStream();
            return;
        }

        _temporaryPath = TemporaryPath(path, target);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 1 << 16 };
        if (mode is not null && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = mode;
        }

        Stream = new FileStream(_temporaryPath, options);
    }

    /// <summary>What to write to.</summary>
    public Stream Stream { get; }

    /// <summary>Writes a whole file.</summary>
    /// <param name="path">The file; one that is there already is replaced.</param>
    /// <param name="write">Writes the contents.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        using OutputFile file = new(path);
        Write(file, write);
    }

    /// <summary>Writes a whole file at this very path: whatever is there is replaced, be it a link or a device.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes the contents.</param>
    /// <param name="mode">The file's rights on Unix; null for what the user's mask leaves.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Replace(string path, Action<Stream> write, UnixFileMode? mode = null)
    {
        using OutputFile file = new(path, Path.GetFullPath(path), replaces: true, mode);
        Write(file, write);
    }

    private static void Write(OutputFile file, Action<Stream> write)
    {
        try
        {
            write(file.Stream);
            file.Commit();
        }
        catch (Exception error) when (IsFailure(error))
        {
            throw file.Rename(error);
        }
    }

    /// <summary>Refuses a path to which nothing can be written, and leaves nothing there.</summary>
    /// <exception cref="IOException">Nothing can be written there.</exception>
    public static void RequireWritable(string path)
    {
        string target = TargetOf(path);
        if (FileKind.IsSpecial(target))
        {
            return;
        }

        try
        {
            using FileStream probe = new(TemporaryPath(path, target), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception error) when (error is UnauthorizedAccessException or (IOException and not DirectoryNotFoundException))
        {
            throw new IOException($"Cannot write {path}: no file can be created in {Path.GetDirectoryName(target)} ({error.Message})", error);
        }
    }

    /// <summary>Closes the file and gives it its name, in the place of an older one.</summary>
    public void Commit()
    {
        if (_temporaryPath is null)
        {
            using FileStream target = new(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            Stream.Position = 0;
            Stream.CopyTo(target);
        }
        else
        {
            // Without this a machine that fails soon after may have the name on its disk and not the contents.
            ((FileStream)Stream).Flush(flushToDisk: true);
            Stream.Dispose();
            File.Move(_temporaryPath, _path, overwrite: true);
        }

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

        if (!_committed && _temporaryPath is not null)
        {
            File.Delete(_temporaryPath);
        }
    }

    /// <summary>The full path of what is written: of a link, what it points to, whether that exists yet or not.</summary>
    private static string TargetOf(string path)
    {
        string full = Path.GetFullPath(path);
        // What /dev/stdout points to may have no path of its own.
        bool isLink = !FileKind.IsSpecial(full) && new FileInfo(full).LinkTarget is not null;
        return isLink ? new FileInfo(full).ResolveLinkTarget(returnFinalTarget: true)!.FullName : full;
    }

    private static string TemporaryPath(string path, string target)
    {
        if (Directory.Exists(target))
        {
            throw new IOException($"Cannot write {path}: it is a folder.");
        }

        string folder = Path.GetDirectoryName(target)!;
        return Directory.Exists(folder)
            ? Path.Combine(folder, $".acestep-{Path.GetRandomFileName()}.tmp")
            : throw new DirectoryNotFoundException($"Cannot write {path}: the folder {folder} does not exist.");
    }
}

/// <summary>Tells pipes, sockets and devices from files, which .NET 10 does not.</summary>
internal static unsafe partial class FileKind
{
    private const int KindMask = 0xF000;
    private const int Folder = 0x4000;
    private const int Regular = 0x8000;

    /// <summary>More than any system's record of a file.</summary>
    private const int RecordLength = 1024;

    /// <summary>Whether something is at a path, links followed, that is neither a file nor a folder. Never on Windows.</summary>
    public static bool IsSpecial(string path)
    {
        byte* record = stackalloc byte[RecordLength];
        int? mode = OperatingSystem.IsLinux() && LinuxStatus(CurrentFolder, path, 0, KindOnly, record) == 0 ? *(ushort*)(record + 28)
            : OperatingSystem.IsMacOS() && MacStatus(path, record) == 0 ? *(ushort*)(record + 4)
            : null;
        return mode is { } known && (known & KindMask) is not (Regular or Folder);
    }

    private const int CurrentFolder = -100;
    private const uint KindOnly = 1;

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LinuxStatus(int folder, string path, int flags, uint mask, byte* record);

    private static int MacStatus(string path, byte* record) =>
        RuntimeInformation.ProcessArchitecture == Architecture.X64 ? MacStatusX64(path, record) : MacStatusArm64(path, record);

    [LibraryImport("libc", EntryPoint = "stat$INODE64", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MacStatusX64(string path, byte* record);

    [LibraryImport("libc", EntryPoint = "stat", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MacStatusArm64(string path, byte* record);
}
