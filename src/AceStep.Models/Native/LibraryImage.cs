using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace AceStep.Models;

/// <summary>Loads a library from memory.</summary>
[SupportedOSPlatform("linux")]
internal static partial class LibraryImage
{
    private const uint CloseOnExec = 1;

    /// <summary>Kept open for the life of the process: the loader knows the library by this descriptor's path.</summary>
    private static SafeFileHandle? _memory;

    /// <summary>Loads the image from memory; from a private file in the user's cache where memory cannot be executed.</summary>
    /// <exception cref="DllNotFoundException">The system's loader refuses it in both ways; the message is the loader's.</exception>
    public static void Load(byte[] image)
    {
        if (!TryLoadFromMemory(image))
        {
            NativeLibrary.Load(WriteToCache(image, CacheFolder()));
        }
    }

    /// <summary>Writes the image to a file named by its contents that only the user can write, and gives its path.</summary>
    public static string WriteToCache(byte[] image, string folder)
    {
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(folder, OwnerOnly);
        string path = Path.Combine(folder, $"libLibTorchSharp-{Convert.ToHexStringLower(SHA256.HashData(image))}.so");
        // Written again each time: a file that is already there may be someone else's.
        OutputFile.Replace(path, file => file.Write(image), OwnerOnly);
        return path;
    }

    private static bool TryLoadFromMemory(ReadOnlySpan<byte> image)
    {
        SafeFileHandle memory = MemfdCreate("libLibTorchSharp.so", CloseOnExec);
        if (memory.IsInvalid)
        {
            return false;
        }

        if (!TryWrite(memory, image) || !NativeLibrary.TryLoad($"/proc/self/fd/{memory.DangerousGetHandle()}", out _))
        {
            memory.Dispose();
            return false;
        }

        _memory = memory;
        return true;
    }

    /// <summary>Fails where the process may not write files of this size, which counts for memory too.</summary>
    private static bool TryWrite(SafeFileHandle memory, ReadOnlySpan<byte> image)
    {
        try
        {
            RandomAccess.Write(memory, image, fileOffset: 0);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static string CacheFolder() => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
        "acestep");

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial SafeFileHandle MemfdCreate(string name, uint flags);
}
