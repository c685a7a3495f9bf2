using System.Globalization;

namespace AceStep.Benchmarks.RealSize;

/// <summary>What the system says of this process's memory. Linux alone tells as much.</summary>
internal static class ProcessMemory
{
    /// <summary>Resident now, without what is shared with files on disk.</summary>
    public static long Anonymous => Read("RssAnon:");

    /// <summary>The most that was ever resident, parts of mapped files included.</summary>
    public static long PeakResident => Read("VmHWM:");

    private static long Read(string field)
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(field, StringComparison.Ordinal));
        return 1024 * long.Parse(line[field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
    }
}
