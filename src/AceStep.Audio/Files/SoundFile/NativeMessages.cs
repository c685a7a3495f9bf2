using System.Runtime.InteropServices;

namespace AceStep.Audio.Files.SoundFile;

/// <summary>
/// Keeps standard error free of what libmpg123 says there of damaged MP3 files: libsndfile, which calls it, has no switch for
/// that. While a call runs, the process's file descriptor 2 leads nowhere; <see cref="Console.Error"/> of .NET has another descriptor and still works.
/// </summary>
internal static partial class NativeMessages
{
    private const int StandardError = 2;
    private const int WriteOnly = 1;

    private static readonly Lock Gate = new();
    private static int _calls;
    private static int _kept = -1;

    /// <summary>Silence until the result is disposed of. Several threads may ask for it at once.</summary>
    public static Scope Silence()
    {
        if (OperatingSystem.IsWindows())
        {
            return new Scope(false);
        }

        lock (Gate)
        {
            if (_calls++ == 0)
            {
                // Made before descriptor 2 changes, so that it keeps the real one.
                _ = Console.Error;
                int nowhere = Open("/dev/null", WriteOnly);
                if (nowhere >= 0)
                {
                    _kept = Duplicate(StandardError);
                    _ = _kept < 0 ? 0 : Duplicate(nowhere, StandardError);
                    _ = Close(nowhere);
                }
            }
        }

        return new Scope(true);
    }

    private static void End()
    {
        lock (Gate)
        {
            if (--_calls == 0 && _kept >= 0)
            {
                _ = Duplicate(_kept, StandardError);
                _ = Close(_kept);
                _kept = -1;
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "dup")]
    private static partial int Duplicate(int descriptor);

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Duplicate(int descriptor, int target);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    /// <summary>The time of one call.</summary>
    public readonly ref struct Scope(bool isSilent)
    {
        public void Dispose()
        {
            if (isSilent)
            {
                End();
            }
        }
    }
}
