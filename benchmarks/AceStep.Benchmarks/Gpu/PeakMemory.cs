using System.Runtime.InteropServices;
using AceStep.Benchmarks.RealSize;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Benchmarks.Gpu;

/// <summary>The most memory that was in use at a time: a GPU's, looked at every few milliseconds, or this process' resident memory.</summary>
internal sealed class PeakMemory : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(3);

    private readonly Func<long>? _inUse;
    private readonly Thread? _watcher;
    private volatile bool _isStopping;
    private long _peak;

    public PeakMemory(Device device)
    {
        if (device.type == DeviceType.CUDA)
        {
            // A first tensor, so that the runtime is loaded and has what it keeps for itself.
            using (zeros(1, device: device))
            {
                _inUse = FindRuntime();
            }

            Before = _inUse();
            _watcher = new Thread(Watch) { IsBackground = true };
            _watcher.Start();
        }
        else
        {
            Before = ProcessMemory.Anonymous;
        }
    }

    /// <summary>Bytes in use before the work; on a GPU the runtime's own, and what other processes hold.</summary>
    public long Before { get; }

    /// <summary>The most bytes that were in use so far, <see cref="Before"/> included.</summary>
    public long Peak => _inUse is null ? ProcessMemory.PeakResident : Volatile.Read(ref _peak);

    public void Dispose()
    {
        _isStopping = true;
        _watcher?.Join();
    }

    private void Watch()
    {
        while (!_isStopping)
        {
            Volatile.Write(ref _peak, Math.Max(_peak, _inUse!()));
            Thread.Sleep(Interval);
        }
    }

    /// <summary>TorchSharp does not tell; the CUDA runtime, which libtorch has loaded, does.</summary>
    private static unsafe Func<long> FindRuntime()
    {
        string path = File.ReadLines("/proc/self/maps")
            .Select(line => line[(line.LastIndexOf(' ') + 1)..])
            .First(file => Path.GetFileName(file).StartsWith("libcudart", StringComparison.Ordinal));
        nint function = NativeLibrary.GetExport(NativeLibrary.Load(path), "cudaMemGetInfo");
        return () =>
        {
            nuint free = 0;
            nuint total = 0;
            int status = ((delegate* unmanaged[Cdecl]<nuint*, nuint*, int>)function)(&free, &total);
            return status == 0 ? (long)(total - free) : throw new InvalidOperationException($"cudaMemGetInfo failed with status {status}.");
        };
    }
}
