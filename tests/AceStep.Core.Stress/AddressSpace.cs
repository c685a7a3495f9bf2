using System.Runtime.InteropServices;

namespace AceStep.Core.Stress;

/// <summary>Bounds the memory that this process may map to what it has now and a little more, until it is disposed of. Linux alone.</summary>
internal sealed unsafe partial class AddressSpace : IDisposable
{
    private const int Bytes = 9;

    private readonly Limit _before;

    /// <param name="more">Bytes beyond what is mapped now.</param>
    public AddressSpace(long more)
    {
        Limit before;
        Require(Get(Bytes, &before));
        _before = before;
        Limit bounded = before with { Soft = (nuint)(ProcessCounts.Field("VmSize:") + more) };
        Require(Set(Bytes, &bounded));
    }

    public void Dispose()
    {
        Limit before = _before;
        Require(Set(Bytes, &before));
    }

    private static void Require(int result)
    {
        if (result != 0)
        {
            throw new StressException($"The limit of memory cannot be changed: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    [LibraryImport("libc", EntryPoint = "getrlimit", SetLastError = true)]
    private static partial int Get(int resource, Limit* limit);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int Set(int resource, Limit* limit);

    [StructLayout(LayoutKind.Sequential)]
    private record struct Limit(nuint Soft, nuint Hard);
}
