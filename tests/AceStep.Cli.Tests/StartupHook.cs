using System.Globalization;
using System.Runtime.InteropServices;
using AceStep.Models;

/// <summary>
/// Called by .NET before a program's own first line, where DOTNET_STARTUP_HOOKS names this assembly: loads libtorch, which on
/// some systems goes by way of memory that counts as a file, and lets no file grow beyond a size from then on.
/// </summary>
#pragma warning disable CA1050 // .NET finds the type by this name, without a namespace.
public static class StartupHook
#pragma warning restore CA1050
{
    /// <summary>The environment variable with the size in bytes.</summary>
    public const string LimitVariable = "ACESTEP_TEST_LARGEST_FILE";

    private const int FileSize = 1; // RLIMIT_FSIZE
    private const int TooLarge = 25; // SIGXFSZ
    private const nint Ignore = 1;

    public static void Initialize()
    {
        Libtorch.Initialize();
        ulong bytes = ulong.Parse(Environment.GetEnvironmentVariable(LimitVariable)!, CultureInfo.InvariantCulture);

        // Without the signal, writing fails with an error.
        _ = Signal(TooLarge, Ignore);
        Limit limit = new(bytes, bytes);
        if (SetLimit(FileSize, in limit) != 0)
        {
            throw new InvalidOperationException("The size of files cannot be limited.");
        }
    }

    [DllImport("libc", EntryPoint = "signal")]
    private static extern nint Signal(int number, nint handler);

    [DllImport("libc", EntryPoint = "setrlimit")]
    private static extern int SetLimit(int resource, in Limit limit);

    private readonly record struct Limit(ulong Current, ulong Most);
}
