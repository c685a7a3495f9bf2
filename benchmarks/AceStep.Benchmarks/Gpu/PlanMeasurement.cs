using System.Diagnostics;

namespace AceStep.Benchmarks.Gpu;

/// <summary>A song under a memory plan: seconds of each part and the most memory.</summary>
internal static class PlanMeasurement
{
    public const string TableHead =
        """
        | plan | loading | conditioning | denoising | decoding | song | times real time | peak memory | before |
        |---|---|---|---|---|---|---|---|---|
        """;

    /// <summary>Writes one row of the table.</summary>
    public static async Task RunAsync(GpuSettings settings, string name, MemoryPlan plan, CancellationToken cancellationToken)
    {
        using PeakMemory memory = new(TorchSharp.torch.device(settings.Device));
        long started = Stopwatch.GetTimestamp();
        await using MusicPipeline pipeline = await settings.LoadAsync(plan, cancellationToken);
        double loading = Stopwatch.GetElapsedTime(started).TotalSeconds;
        if (settings.Device != "cpu")
        {
            // The first song of a process loads kernels and has convolutions chosen.
            TextToMusicRequest first = settings.Request;
            await pipeline.TextToMusicAsync(first with { Generation = first.Generation with { Steps = 4 } }, cancellationToken: cancellationToken);
        }

        MusicTimings timings = (await pipeline.TextToMusicAsync(settings.Request, cancellationToken: cancellationToken)).Timings;
        double song = timings.Total.TotalSeconds;
        Console.WriteLine(
            $"| {name} | {loading:0.0} s | {timings.Conditioning.TotalSeconds:0.00} s | {timings.Denoising.TotalSeconds:0.00} s | {timings.Decoding.TotalSeconds:0.00} s | {song:0.00} s"
            + $" | {settings.Seconds / song:0.0} | {Gibibytes(memory.Peak)} | {Gibibytes(memory.Before)} |");
    }

    private static string Gibibytes(long bytes) => $"{bytes / (double)(1 << 30):0.00} GiB";
}
