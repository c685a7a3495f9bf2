using System.Diagnostics;

namespace AceStep.Lyrics.Tests;

/// <summary>Processor time, which a busy machine does not stretch as it does the clock's.</summary>
internal static class CpuTime
{
    public static TimeSpan Of(Action action)
    {
        using Process process = Process.GetCurrentProcess();
        TimeSpan before = process.TotalProcessorTime;
        action();
        process.Refresh();
        return process.TotalProcessorTime - before;
    }
}
