using System.CommandLine;
using System.Diagnostics;
using AceStep.Audio;

namespace AceStep.Benchmarks.Farm;

/// <summary>Many clients at two front ends: what the queue costs, and how soon the cheap routes answer meanwhile.</summary>
internal sealed class LoadTestCommand : Command
{
    public LoadTestCommand()
        : base("load-test", "Makes songs through front ends, a nats-server and workers, and beside that with the library alone.")
    {
        Option<int> predictions = new("--predictions") { Description = "Songs.", DefaultValueFactory = _ => 1000 };
        Option<int> clients = new("--clients") { Description = "Clients at once.", DefaultValueFactory = _ => 100 };
        Option<int> workers = new("--workers") { Description = "Workers.", DefaultValueFactory = _ => 2 };
        Add(predictions);
        Add(clients);
        Add(workers);
        SetAction((result, _) => RunAsync(result.GetValue(predictions), result.GetValue(clients), result.GetValue(workers)));
    }

    private static async Task RunAsync(int predictions, int clients, int workers)
    {
        double bare = await BareAsync(workers);
        using FarmSetup farm = await FarmSetup.StartAsync(fronts: 2, workers, network: null);
        using FarmClient client = new(farm.Addresses);
        // The models are loaded by the time that each worker has made one.
        await Task.WhenAll(Enumerable.Range(0, 2 * workers).Select(async seed => await client.EndAsync(await client.CreateAsync(seed, $"warm{seed}"))));
        List<double> create = [], get = [], list = [];
        int next = 0;
        long started = Stopwatch.GetTimestamp();
        using CancellationTokenSource ended = new();
        Task probing = ProbeAsync(client, get, list, ended.Token);
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            int number;
            while ((number = Interlocked.Increment(ref next)) <= predictions)
            {
                long asked = Stopwatch.GetTimestamp();
                string id = await client.CreateAsync(number, $"load{number}");
                lock (create)
                {
                    create.Add(Stopwatch.GetElapsedTime(asked).TotalMilliseconds);
                }

                if ((await client.EndAsync(id)).GetProperty("status").GetString() != "succeeded")
                {
                    throw new InvalidOperationException($"{id} did not succeed.");
                }
            }
        }));
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        await ended.CancelAsync();
        await probing;
        Console.WriteLine("| | |");
        Console.WriteLine("|---|---|");
        Console.WriteLine($"| predictions, clients, workers | {predictions}, {clients}, {workers} |");
        Console.WriteLine($"| the library alone, as many pipelines at once, one thread each | {bare * 1000:0} ms a song |");
        Console.WriteLine($"| through the queue | {seconds:0.0} s, {predictions / seconds:0.0} songs a second |");
        Console.WriteLine($"| a worker's time for a song | {seconds * workers / predictions * 1000:0} ms, {((seconds * workers / predictions) - bare) * 1000:0} ms more than alone |");
        foreach ((string name, List<double> times) in new[] { ("create", create), ("get", get), ("list of 100", list) })
        {
            times.Sort();
            Console.WriteLine($"| {name}, p50 and p99 of {times.Count} | {times[times.Count / 2]:0.0} and {times[times.Count * 99 / 100]:0.0} ms |");
        }
    }

    /// <summary>Seconds that a song takes each of so many pipelines at once, in this process and without a server.</summary>
    private static async Task<double> BareAsync(int pipelines)
    {
        const int Songs = 50;
        double[] seconds = await Task.WhenAll(Enumerable.Range(0, pipelines).Select(async _ =>
        {
            await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(Path.Combine(Repository.Root, "checkpoints", "nano"), new MusicPipelineOptions { Device = "cpu", Threads = 1 });
            TextToMusicRequest request = new() { Prompt = "techno, drums", Duration = TimeSpan.FromSeconds(FarmClient.SongSeconds), Generation = new() { Steps = FarmClient.Steps } };
            await pipeline.TextToMusicAsync(request with { Seed = 0 });
            long started = Stopwatch.GetTimestamp();
            for (int seed = 1; seed <= Songs; seed++)
            {
                using MemoryStream file = new();
                AudioFile.Save((await pipeline.TextToMusicAsync(request with { Seed = seed })).Songs[0].Audio, file, AudioFormat.Wav, new AudioSaveOptions { Encoding = SampleEncoding.Pcm16 });
            }

            return Stopwatch.GetElapsedTime(started).TotalSeconds / Songs;
        }));
        return seconds.Average();
    }

    private static async Task ProbeAsync(FarmClient client, List<double> get, List<double> list, CancellationToken ended)
    {
        string id = await client.CreateAsync(0, "warm0");
        while (!ended.IsCancellationRequested)
        {
            long started = Stopwatch.GetTimestamp();
            await client.GetAsync(id);
            get.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            started = Stopwatch.GetTimestamp();
            await client.ListAsync();
            list.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            await Task.Delay(200, CancellationToken.None);
        }
    }
}
