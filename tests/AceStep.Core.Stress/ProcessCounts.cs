using System.Globalization;

namespace AceStep.Core.Stress;

/// <summary>What a process holds, of which none may grow. Linux alone tells as much.</summary>
/// <param name="Resident">Resident memory in bytes.</param>
/// <param name="Heap">Bytes of .NET's heap that are in use.</param>
/// <param name="Tensors">Tensors that live by the work of the pipeline.</param>
/// <param name="Handles">Open files, pipes and sockets.</param>
/// <param name="Threads">Threads, without those that .NET starts and ends as it sees fit: its pool's and its compiler's.</param>
internal sealed record ProcessCounts(long Resident, long Heap, long Tensors, int Handles, int Threads)
{
    /// <summary>Longer than a pipeline keeps free memory when it has nothing to do.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    // The kernel keeps 15 letters of a thread's name.
    private static readonly string[] Runtime = [".NET TP ", ".NET Tiered"];

    /// <summary>Counts, after a collection and a rest.</summary>
    public static async Task<ProcessCounts> NowAsync(long tensors)
    {
        for (int i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        await Task.Delay(Rest);
        return new ProcessCounts(
            Field("VmRSS:"),
            GC.GetTotalMemory(forceFullCollection: false),
            tensors,
            Directory.GetFiles("/proc/self/fd").Length,
            Directory.GetDirectories("/proc/self/task").Count(IsCounted));
    }

    /// <summary>A field of the kernel's record of this process, in bytes.</summary>
    public static long Field(string name)
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(name, StringComparison.Ordinal));
        return 1024 * long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }

    private static bool IsCounted(string task)
    {
        try
        {
            string name = File.ReadAllText(Path.Combine(task, "comm"));
            return !Runtime.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return false;
        }
    }
}
