using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text.RegularExpressions;

namespace TorchSharp.Native;

/// <summary>
/// Loads libtorch and the bridge, by full path, once: from the folder that <c>LIBTORCH</c> names, else from where the build found them.
/// </summary>
internal static partial class NativeLibraries
{
    /// <summary>The bridge's library, without the platform's prefix and suffix.</summary>
    public const string BridgeName = "torch_bridge";

    private static readonly Lazy<nint> Bridge = new(Load);

    /// <summary>The version of libtorch that the bridge was built for.</summary>
    public static string Version { get; } = Metadata("LibtorchVersion");

    /// <summary>The folder that libtorch is loaded from.</summary>
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable("LIBTORCH") is { Length: > 0 } root ? Path.Combine(Path.GetFullPath(root), "lib") : Metadata("LibtorchFolder");

    private static string Suffix => OperatingSystem.IsMacOS() ? "dylib" : "so";

    /// <summary>Has the libraries loaded when the bridge's first function is called, and not before.</summary>
    public static void LoadOnFirstCall() =>
        NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, (name, _, _) => name == BridgeName ? Bridge.Value : 0);

    private static unsafe nint Load()
    {
        RequireVersion();
        PrepareEnvironment();
        Require(PathOf("c10"));
        Require(PathOf("torch_cpu"));

        // A device's operators announce themselves when their library is loaded, which libtorch never does by itself.
        foreach (string device in (string[])["torch_cuda", "torch_hip"])
        {
            if (File.Exists(PathOf(device)))
            {
                Require(PathOf(device));
            }
        }

        string folder = Path.GetDirectoryName(typeof(NativeLibraries).Assembly.Location) is { Length: > 0 } own ? own : AppContext.BaseDirectory;
        nint bridge = Require(Path.Combine(folder, $"lib{BridgeName}.{Suffix}"));
        ((delegate* unmanaged<void>)NativeLibrary.GetExport(bridge, nameof(Native.Bridge.bridge_keep_freed_memory)))();

        // Debian's libtorch starts with one thread.
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OMP_NUM_THREADS")))
        {
            ((delegate* unmanaged<int, int>)NativeLibrary.GetExport(bridge, nameof(Native.Bridge.bridge_set_threads)))(Environment.ProcessorCount);
        }

        return bridge;
    }

    private static string PathOf(string library) => Path.Combine(Folder, $"lib{library}.{Suffix}");

    private static nint Require(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (DllNotFoundException exception)
        {
            throw new DllNotFoundException(
                $"{path} does not load. It belongs to libtorch {Version}, which this TorchSharp was built for; install it (Debian: libtorch-dev) or name its folder in LIBTORCH.", exception);
        }
    }

    // A libtorch of another version than the bridge's crashes sooner or later. An unpacked libtorch says its version in build-version, a
    // wheel in version.py; a system's folder says nothing, and is the one of the build.
    private static void RequireVersion()
    {
        string built = string.Join('.', Version.Split('.').Take(2));
        foreach (string file in (string[])["build-version", "version.py"])
        {
            string path = Path.Combine(Folder, "..", file);
            if (File.Exists(path) && FirstVersion().Match(File.ReadAllText(path)) is { Success: true, Value: var found } && found != built)
            {
                throw new DllNotFoundException($"{Folder} is libtorch {found}, but this TorchSharp was built for {built}: build again with LIBTORCH set to it.");
            }
        }
    }

    [GeneratedRegex(@"\d+\.\d+")]
    private static partial Regex FirstVersion();

    // libtorch and its BLAS read these once, when they are loaded, from the C library's environment, which .NET's does not reach. What the
    // user has set stays.
    private static void PrepareEnvironment()
    {
        if (Avx512F.VL.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported)
        {
            // OpenBLAS 0.3.21 takes a processor newer than itself for one without AVX-512, and libtorch 1.13 uses AVX-512 only when told to:
            // on such a machine twice the speed for products of matrices and for exp, sin and silu.
            _ = setenv("OPENBLAS_CORETYPE", "SKYLAKEX", 0);
            _ = setenv("ATEN_CPU_CAPABILITY", "avx512", 0);
        }

        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable("LIBTORCH")))
        {
            // The system's OpenBLAS has threads of its own. OpenMP's, which wait in a loop for their next work, would take the cores from
            // them: a product of matrices then takes up to 1.4 times as long.
            _ = setenv("OMP_WAIT_POLICY", "passive", 0);
        }
    }

    private static string Metadata(string key) =>
        typeof(NativeLibraries).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(attribute => attribute.Key == key)?.Value
        ?? string.Create(CultureInfo.InvariantCulture, $"(unknown {key})");

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int setenv(string name, string value, int overwrite);
}
