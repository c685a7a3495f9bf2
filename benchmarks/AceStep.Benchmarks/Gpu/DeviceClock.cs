using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Benchmarks.Gpu;

/// <summary>Times work on a device: a GPU is waited for before and after.</summary>
internal sealed class DeviceClock(Device device)
{
    private static readonly TimeSpan LeastInAll = TimeSpan.FromSeconds(0.5);

    private const int MostTimes = 50;

    /// <summary>Seconds that some work takes once, and what it gives.</summary>
    public (double Seconds, T Result) Once<T>(Func<T> work)
    {
        Wait();
        long started = Stopwatch.GetTimestamp();
        T result = work();
        Wait();
        return (Stopwatch.GetElapsedTime(started).TotalSeconds, result);
    }

    /// <summary>The median of the seconds that some work takes, after one run that does not count.</summary>
    public double Median(Action work)
    {
        List<double> seconds = [];
        for (double total = -1; seconds.Count < 3 || (total < LeastInAll.TotalSeconds && seconds.Count < MostTimes);)
        {
            double one = Once(() =>
            {
                using var scope = NewDisposeScope();
                work();
                return 0;
            }).Seconds;
            if (total < 0)
            {
                total = 0;
                continue;
            }

            total += one;
            seconds.Add(one);
        }

        seconds.Sort();
        return seconds[seconds.Count / 2];
    }

    /// <summary>Seconds until some work is handed over to the device, which is not waited for.</summary>
    public double HandingOver(Action work)
    {
        Wait();
        long started = Stopwatch.GetTimestamp();
        using (NewDisposeScope())
        {
            work();
        }

        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Wait();
        return seconds;
    }

    private void Wait()
    {
        if (device.type == DeviceType.CUDA)
        {
            cuda.synchronize();
        }
    }
}
