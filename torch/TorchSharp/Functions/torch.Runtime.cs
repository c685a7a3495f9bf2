using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>The version of libtorch.</summary>
    public static string __version__ => NativeLibraries.Version;

    /// <summary>How many threads an operation uses: the machine's cores, unless OMP_NUM_THREADS or <see cref="set_num_threads"/> says otherwise.</summary>
    public static int get_num_threads() => Bridge.bridge_threads();

    public static void set_num_threads(int num) => NativeError.ThrowIfFailed(Bridge.bridge_set_threads(num));

    /// <summary>How many threads run operations beside one another.</summary>
    public static int get_num_interop_threads() => Bridge.bridge_interop_threads();

    public static void set_num_interop_threads(int num) => NativeError.ThrowIfFailed(Bridge.bridge_set_interop_threads(num));
}
