using System.Runtime.InteropServices;
using NUnit.Framework;

namespace AceStep.Testing;

/// <summary>
/// A disk of a few megabytes that is really full when it is full: a file system of its own, in memory. Making one takes Linux
/// and root; elsewhere the test is skipped.
/// </summary>
public sealed partial class SmallDisk : IDisposable
{
    private const int Detached = 2;

    private readonly string _filler;

    private SmallDisk(string path)
    {
        Path = path;
        _filler = System.IO.Path.Combine(path, "filler");
    }

    /// <summary>The disk's folder.</summary>
    public string Path { get; }

    /// <summary>The files on the disk, without what fills it.</summary>
    public string[] Files => [.. Directory.EnumerateFiles(Path, "*", SearchOption.AllDirectories).Where(file => file != _filler).Order(StringComparer.Ordinal)];

    /// <summary>Makes a disk; skips the test, and says why, where that cannot be done.</summary>
    public static SmallDisk Require(int megabytes)
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("A small disk is made on Linux alone.");
        }

        string path = Directory.CreateTempSubdirectory("acestep-disk-").FullName;
        if (Mount("acestep", path, "tmpfs", 0, $"size={megabytes}m") != 0)
        {
            string reason = Marshal.GetLastPInvokeErrorMessage();
            Directory.Delete(path);
            Assert.Ignore($"A small disk cannot be made here, which takes root: {reason}.");
        }

        return new SmallDisk(path);
    }

    /// <summary>The path of a file on the disk.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Fills the disk until this much room is left, in whole pages of memory.</summary>
    public void FillUpTo(long room)
    {
        Empty();
        using FileStream filler = new(_filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] zeros = new byte[4096];
        while (new DriveInfo(Path).AvailableFreeSpace > room)
        {
            filler.Write(zeros);
        }
    }

    /// <summary>Takes away what <see cref="FillUpTo"/> wrote.</summary>
    public void Empty() => System.IO.File.Delete(_filler);

    /// <summary>Takes the disk away with all that is on it.</summary>
    public void Dispose()
    {
        _ = Unmount(Path, Detached);
        Directory.Delete(Path);
    }

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string source, string target, string type, nuint flags, string options);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);
}
