using System.Runtime.InteropServices;

namespace AceStep.Models;

/// <summary>Memory that native code has given back to the C library, and the C library keeps.</summary>
internal static partial class FreeMemory
{
    /// <summary>
    /// Hands it on to the system. glibc alone keeps so much (a heap for each thread, none of which shrinks but at its end) and
    /// can be asked; elsewhere nothing is done.
    /// </summary>
    public static void Return()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            _ = Trim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library, as Alpine's.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint kept);
}
