using System.Runtime.InteropServices;

namespace AceStep.Models;

/// <summary>The environment that native libraries see.</summary>
internal static partial class NativeEnvironment
{
    /// <summary>Sets a variable of this process where it is not set.</summary>
    public static void SetDefault(string name, string value)
    {
        if (Environment.GetEnvironmentVariable(name) is not null)
        {
            return;
        }

        Environment.SetEnvironmentVariable(name, value);
        if (!OperatingSystem.IsWindows())
        {
            // There .NET's environment is a copy, and native code does not see it.
            _ = SetEnvironment(name, value, overwrite: 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
