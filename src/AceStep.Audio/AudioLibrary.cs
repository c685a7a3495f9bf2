using System.Runtime.InteropServices;
using AceStep.Audio.Files.SoundFile;

namespace AceStep.Audio;

/// <summary>
/// libsndfile, the native library behind every format but WAV: whether it is there, what it can do, what to
/// install. All members may be called from any number of threads.
/// </summary>
public static unsafe class AudioLibrary
{
    /// <summary>The environment variable that names the library's file; where it is set, nothing else is tried.</summary>
    public const string EnvironmentVariable = "ACESTEP_SNDFILE";

    internal const string ImportName = "sndfile";

    private static readonly Lazy<State> Loaded = new(Load);

    /// <summary>Whether the library was found.</summary>
    public static bool IsAvailable => Loaded.Value.Handle != 0;

    /// <summary>The library's own name and version, such as <c>libsndfile-1.2.0</c>, or null where it was not found.</summary>
    public static string? Version => Loaded.Value.Version;

    /// <summary>What to install on this operating system.</summary>
    public static string Requirement =>
        OperatingSystem.IsWindows()
            ? "install libsndfile 1.2 from github.com/libsndfile/libsndfile/releases (sndfile.dll into the program's folder or a folder on PATH)"
            : OperatingSystem.IsMacOS()
                ? "install it with 'brew install libsndfile'"
                : "install it with 'apt install libsndfile1 libmp3lame0' (Debian, Ubuntu), 'dnf install libsndfile' (Fedora) or 'apk add libsndfile' (Alpine)";

    /// <summary>Whether files of a format can be read and written here.</summary>
    public static bool Supports(AudioFormat format) => format == AudioFormat.Wav || Loaded.Value.Formats.Contains(format);

    /// <summary>Refuses a format that cannot be read and written here, saying what to install.</summary>
    /// <param name="format">The format.</param>
    /// <param name="isCompressed">Whether the library is needed for WAV too.</param>
    internal static void Require(AudioFormat format, bool isCompressed = false)
    {
        if (isCompressed ? IsAvailable && (format == AudioFormat.Wav || Supports(format)) : Supports(format))
        {
            return;
        }

        throw IsAvailable
            ? new NotSupportedException($"{Version} was built without {format}; version 1.1 or later with all its codecs is needed: {Requirement}.")
            : new DllNotFoundException(
                $"{(format == AudioFormat.Wav ? "compressed WAV" : format)} files need libsndfile, which was not found: {Requirement}, or name its file in {EnvironmentVariable}. Uncompressed WAV files need no library.");
    }

    private static State Load()
    {
        nint handle = Find();
        if (handle == 0)
        {
            return new State(0, null, []);
        }

        NativeLibrary.SetDllImportResolver(typeof(AudioLibrary).Assembly, (name, _, _) => name == ImportName ? handle : 0);
        return new State(handle, Marshal.PtrToStringUTF8((nint)Native.Version()), FormatsOf());
    }

    private static nint Find()
    {
        if (Environment.GetEnvironmentVariable(EnvironmentVariable) is { Length: > 0 } named)
        {
            return NativeLibrary.TryLoad(Path.GetFullPath(named), out nint chosen) ? chosen : 0;
        }

        foreach (string path in Candidates())
        {
            if (File.Exists(path) && NativeLibrary.TryLoad(path, out nint handle))
            {
                return handle;
            }
        }

        // Where the system's loader finds it: LD_LIBRARY_PATH, PATH, distributions with other folders.
        foreach (string name in FileNames())
        {
            if (NativeLibrary.TryLoad(name, out nint handle))
            {
                return handle;
            }
        }

        return 0;
    }

    private static string[] FileNames() =>
        OperatingSystem.IsWindows() ? ["sndfile.dll", "libsndfile-1.dll", "libsndfile.dll"]
        : OperatingSystem.IsMacOS() ? ["libsndfile.1.dylib", "libsndfile.dylib"]
        : ["libsndfile.so.1"];

    /// <summary>Full paths, the program's own folder first.</summary>
    private static IEnumerable<string> Candidates()
    {
        string machine = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
        string[] folders =
            OperatingSystem.IsWindows() ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "libsndfile", "bin")]
            : OperatingSystem.IsMacOS() ? ["/opt/homebrew/lib", "/usr/local/lib", "/opt/local/lib"]
            : ["/usr/local/lib", $"/usr/lib/{machine}", $"/lib/{machine}", "/usr/lib64", "/usr/lib"];
        return from folder in folders.Prepend(AppContext.BaseDirectory)
               from name in FileNames()
               select Path.Combine(folder, name);
    }

    /// <summary>The formats that this build of the library has codecs for.</summary>
    private static HashSet<AudioFormat> FormatsOf()
    {
        HashSet<AudioFormat> formats = [];
        int count = 0;
        _ = Native.Command(0, Native.CommandSimpleFormatCount, &count, sizeof(int));
        for (int i = 0; i < count; i++)
        {
            var info = new Native.FormatInfo { Format = i };
            if (Native.Command(0, Native.CommandSimpleFormat, &info, sizeof(Native.FormatInfo)) == 0
                && SoundFileFormat.FormatOf(info.Format) is { } format)
            {
                formats.Add(format);
            }
        }

        return formats;
    }

    private sealed record State(nint Handle, string? Version, HashSet<AudioFormat> Formats);
}
