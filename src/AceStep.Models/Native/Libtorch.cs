using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Runtime.Versioning;
using TorchSharp;

namespace AceStep.Models;

/// <summary>Makes libtorch ready for TorchSharp, on systems too where TorchSharp alone does not start.</summary>
/// <remarks>
/// Everything of this library that computes calls <see cref="Initialize"/> itself. A program calls it where its own first
/// use of <c>torch</c> comes before that: TorchSharp tries once in a process, and does not try again where that failed.
/// </remarks>
public static class Libtorch
{
    /// <summary>The environment variable that names a folder with libtorch: <c>torch/lib</c> of a PyTorch wheel, <c>lib</c> of a libtorch archive.</summary>
    public const string FolderVariable = "ACESTEP_LIBTORCH";

    /// <summary>The version of libtorch that TorchSharp's native library is built for: major and minor number.</summary>
    internal static readonly Version RequiredVersion = new(2, 10);

    /// <summary>The first letters of AuthenticAMD, as the processor gives them.</summary>
    private const int AuthenticAmd = 0x68747541;

    /// <summary>AMD's family of Zen 5.</summary>
    private const int Zen5 = 26;

    private static readonly Lock Gate = new();
    private static bool _isReady;

    /// <summary>Whether there is a libtorch in the program's folder, or <see cref="FolderVariable"/> names a folder for one. Loads nothing.</summary>
    public static bool IsProvided => LibtorchFolders.OfThisProcess().IsProvided;

    /// <summary>
    /// Has libtorch ask Linux for huge pages for its large tensors on the CPU: a checkpoint loads in half the time or less,
    /// and takes less memory beside its weights (docs/benchmarks.md). The command line does this.
    /// </summary>
    /// <remarks>
    /// Call it once, before everything else of this library: it sets the environment variable THP_MEM_ALLOC_ENABLE to 1 for this
    /// process where it is not set, and libtorch reads that only once. No other system takes notice of it.
    /// </remarks>
    /// <returns>Whether it came in time: false, and nothing done, where this library has loaded libtorch already.</returns>
    public static bool UseHugePages() => SetBeforeLoading("THP_MEM_ALLOC_ENABLE", "1");

    /// <summary>
    /// Has libtorch's threads sleep when they wait for each other on Linux: by default each first spins for milliseconds, which
    /// takes the processor from the thread that it waits for where other work, or a container's limit, leaves fewer cores than
    /// there are threads (docs/benchmarks.md). The command line does this.
    /// </summary>
    /// <remarks>
    /// Call it once, before everything else of this library: it sets the environment variable GOMP_SPINCOUNT to 0 for this
    /// process where neither it nor OMP_WAIT_POLICY is set, and GNU's OpenMP library reads that only once.
    /// </remarks>
    /// <returns>Whether it came in time: false, and nothing done, where this library has loaded libtorch already.</returns>
    public static bool UseSleepingThreads() => Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is not null ? !Volatile.Read(ref _isReady) : SetBeforeLoading("GOMP_SPINCOUNT", "0");

    /// <summary>Loads libtorch and TorchSharp's native library, where that has not been done.</summary>
    /// <remarks>
    /// <para>
    /// libtorch is looked for beside the program, where the packages TorchSharp-cpu, TorchSharp-cuda-linux and
    /// TorchSharp-cuda-windows put it, or in the folder that <see cref="FolderVariable"/> names. A program that carries one
    /// is refused another.
    /// </para>
    /// <para>
    /// TorchSharp's library for Linux asks for the C++ library of GCC 13. Debian 12, Ubuntu 22.04 and RHEL 9 have an
    /// older one and everything that is used of it, so there the library is loaded from memory without that request.
    /// No file is changed. Where memory cannot be executed, a copy in the user's cache folder serves.
    /// </para>
    /// <para>
    /// On AMD's Zen 5 and later the environment variable ONEDNN_MAX_CPU_ISA is set to AVX2 for this process where it is not
    /// set: with AVX-512 libtorch 2.10 computes some convolutions wrongly there.
    /// </para>
    /// <para>Thread-safe. Takes half a second the first time, nothing afterwards; after a failure it tries again.</para>
    /// </remarks>
    /// <exception cref="LibtorchException">libtorch is not there, does not fit or does not load; the message says what to do.</exception>
    public static void Initialize()
    {
        if (Volatile.Read(ref _isReady))
        {
            return;
        }

        lock (Gate)
        {
            if (!_isReady)
            {
                Load(LibtorchFolders.OfThisProcess());
                Volatile.Write(ref _isReady, true);
            }
        }
    }

    private static bool SetBeforeLoading(string name, string value)
    {
        lock (Gate)
        {
            if (_isReady)
            {
                return false;
            }

            NativeEnvironment.SetDefault(name, value);
            return true;
        }
    }

    private static void Load(LibtorchFolders folders)
    {
        if (OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            throw new LibtorchException($"TorchSharp has no native library for Linux on {RuntimeInformation.ProcessArchitecture}, only for x64.");
        }

        KeepToRightConvolutions();
        string binding = folders.FindBinding();
        string libtorch = folders.FindLibtorch();
        Dictionary<string, nint> libraries = LibtorchFolders.LibtorchLibraries
            .Where(name => File.Exists(Path.Combine(libtorch, name)))
            .ToDictionary(name => name, name => LoadLibrary(Path.Combine(libtorch, name)));
        nint main = libraries[LibtorchFolders.MainLibrary];
        if (folders.IsNamed(libtorch))
        {
            RequireVersion(main, libtorch);
        }

        TurnOffNnpack(main);
        LoadBinding(binding);
        StartTorchSharp();
    }

    /// <summary>
    /// Has oneDNN, libtorch's library of convolutions, use AVX2 on AMD's Zen 5 and later, unless the environment says
    /// otherwise. It reads the setting once.
    /// </summary>
    /// <remarks>
    /// With AVX-512, oneDNN of libtorch 2.10 gave wrong results on an AMD EPYC (Zen 5): in float32 for convolutions of more
    /// than 16 channels that are no multiple of 16 (24 channels, 3 taps: a relative error of 0.33), in bfloat16 for those of
    /// 8 channels or fewer, which the released vocoder ends with (0.3). On Zen 4, which has AVX-512 too, none of 54,240
    /// convolutions was wrong.
    /// </remarks>
    private static void KeepToRightConvolutions()
    {
        if (Avx512F.IsSupported && X86Base.CpuId(0, 0).Ebx == AuthenticAmd && Family(X86Base.CpuId(1, 0).Eax) >= Zen5)
        {
            NativeEnvironment.SetDefault("ONEDNN_MAX_CPU_ISA", "AVX2");
        }
    }

    /// <summary>A processor's family from its signature: the base family, and what is added to it where that is at its end.</summary>
    private static int Family(int signature)
    {
        const int LastBase = 15;
        int family = (signature >> 8) & 0xF;
        return family == LastBase ? family + ((signature >> 20) & 0xFF) : family;
    }

    private static nint LoadLibrary(string file)
    {
        RequireWhole(file);
        try
        {
            return NativeLibrary.Load(file);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw Describe(file, error);
        }
    }

    private static void LoadBinding(string file)
    {
        try
        {
            LoadLibrary(file);
        }
        catch (LibtorchException failure) when (failure.InnerException!.Message.Contains("GLIBCXX_", StringComparison.Ordinal))
        {
            if (!OperatingSystem.IsLinux())
            {
                throw;
            }

            LoadForOlderSystems(file, failure);
        }
    }

    [SupportedOSPlatform("linux")]
    private static void LoadForOlderSystems(string file, LibtorchException failure)
    {
        byte[] image = File.ReadAllBytes(file);
        try
        {
            CxxRequirements.Relax(image);
        }
        catch (InvalidDataException error)
        {
            throw new LibtorchException($"{file} is damaged or not a TorchSharp library: {error.Message}", error);
        }

        try
        {
            LibraryImage.Load(image);
        }
        catch (DllNotFoundException)
        {
            throw failure;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new LibtorchException($"{file} cannot be loaded on this system as it is, and a changed copy cannot be written: {error.Message}", error);
        }
    }

    /// <summary>The system's loader maps what the headers promise; a file cut short would end the process, not fail.</summary>
    private static void RequireWhole(string file)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            ElfFile.RequireWhole(file);
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new LibtorchException($"{file} cannot be loaded: {error.Message}", error);
        }
    }

    /// <summary>Another version has other functions, and a missing one ends the process when it is called.</summary>
    private static void RequireVersion(nint library, string folder)
    {
        Version? version = null;
        if (NativeLibrary.TryGetExport(library, "aoti_torch_abi_version", out nint export))
        {
            ulong packed = Call(export);
            version = new Version((int)(packed >> 56), (int)(packed >> 48) & 0xFF);
        }

        if (version != RequiredVersion)
        {
            throw new LibtorchException(
                $"The libtorch in {folder}, which {FolderVariable} names, is {version?.ToString() ?? "older than 2.9"}; this TorchSharp needs {RequiredVersion}.");
        }
    }

    private static unsafe ulong Call(nint function) => ((delegate* unmanaged[Cdecl]<ulong>)function)();

    /// <summary>
    /// Turns off NNPACK, a part of libtorch for small convolutions: on each use it writes a warning to the standard error of
    /// the process where it does not know the processor.
    /// </summary>
    private static unsafe void TurnOffNnpack(nint library)
    {
        // at::globalContext() and at::Context::setUserEnabledNNPACK(bool), which TorchSharp has no names for.
        if (NativeLibrary.TryGetExport(library, "_ZN2at13globalContextEv", out nint context) &&
            NativeLibrary.TryGetExport(library, "_ZN2at7Context20setUserEnabledNNPACKEb", out nint setter))
        {
            ((delegate* unmanaged[Cdecl]<nint, byte, void>)setter)((nint)Call(context), 0);
        }
    }

    /// <summary>TorchSharp now finds what is loaded, by name; its own failure is told here and not at the first tensor.</summary>
    private static void StartTorchSharp()
    {
        try
        {
            RuntimeHelpers.RunClassConstructor(typeof(torch).TypeHandle);
            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (TypeInitializationException error)
        {
            throw new LibtorchException($"TorchSharp does not start: {error.GetBaseException().Message}", error);
        }
    }

    private static LibtorchException Describe(string file, Exception error)
    {
        string reason = error.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault(line => line.Contains(Path.GetFileName(file), StringComparison.Ordinal)) ?? error.Message;
        string remedy = reason.Contains("GLIBC_", StringComparison.Ordinal) ? " The system's C library is too old: TorchSharp needs glibc 2.34 (Debian 12, Ubuntu 22.04, RHEL 9 or later)." : "";
        return new LibtorchException($"{file} cannot be loaded: {reason}.{remedy}", error);
    }
}

/// <summary>libtorch is not there, does not fit or does not load.</summary>
public sealed class LibtorchException : Exception
{
    internal LibtorchException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}

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
