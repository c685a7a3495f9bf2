using System.CommandLine;
using System.Diagnostics;
using AceStep.Benchmarks.RealSize;

namespace AceStep.Benchmarks;

/// <summary>Makes many short songs on one pipeline and says what memory the process has now and then: it must not grow.</summary>
internal sealed class SongsCommand : Command
{
    private const int Reports = 10;

    public SongsCommand()
        : base("songs", "Makes short songs with one pipeline, every tenth of them cancelled, and reports memory.")
    {
        Argument<string> checkpoint = new("checkpoint") { Description = "The folder or file; default: the demonstration checkpoint.", DefaultValueFactory = _ => Path.Combine(Repository.Root, "checkpoints", "nano") };
        Option<int> count = new("--count") { Description = "Songs.", DefaultValueFactory = _ => 1000 };
        Option<int> threads = new("--threads") { Description = "Threads of libtorch.", DefaultValueFactory = _ => Environment.ProcessorCount };
        Add(checkpoint);
        Add(count);
        Add(threads);
        SetAction((result, cancellationToken) => RunAsync(result.GetValue(checkpoint)!, result.GetValue(count), result.GetValue(threads), cancellationToken));
    }

    private static async Task RunAsync(string checkpoint, int count, int threads, CancellationToken cancellationToken)
    {
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(checkpoint, new MusicPipelineOptions { Device = "cpu", Threads = threads }, cancellationToken: cancellationToken);
        Console.WriteLine("| songs | seconds | resident, not of files | tensors |");
        Console.WriteLine("|---|---|---|---|");
        long started = Stopwatch.GetTimestamp();
        for (int song = 1; song <= count; song++)
        {
            await MakeAsync(pipeline, song, isCancelled: song % 10 == 0, cancellationToken);
            if (song == 1 || song % Math.Max(1, count / Reports) == 0)
            {
                Console.WriteLine($"| {song} | {Stopwatch.GetElapsedTime(started).TotalSeconds:0} | {ProcessMemory.Anonymous / 1e6:0} MB | {pipeline.LiveTensors} |");
            }
        }
    }

    /// <summary>Songs of 1 to 4 seconds, so that their tensors have ever other sizes.</summary>
    private static async Task MakeAsync(MusicPipeline pipeline, int song, bool isCancelled, CancellationToken cancellationToken)
    {
        TextToMusicRequest request = new()
        {
            Prompt = "techno, 128 bpm, drums, bass",
            Lyrics = "[verse]\nNeon lights",
            Duration = TimeSpan.FromSeconds(1 + (song % 4)),
            Seed = song,
            Generation = new() { Steps = 4 },
        };
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await pipeline.TextToMusicAsync(request, isCancelled ? new StopWhenDecoding(stop) : null, stop.Token);
        }
        catch (OperationCanceledException) when (isCancelled)
        {
            // As was asked for.
        }
    }

    private sealed class StopWhenDecoding(CancellationTokenSource stop) : IProgress<MusicProgress>
    {
        public void Report(MusicProgress value)
        {
            if (value.Stage == MusicStage.Decoding)
            {
                stop.Cancel();
            }
        }
    }
}
