using System.CommandLine;
using System.Diagnostics;
using AceStep.Benchmarks.Serving;

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
        Option<double?> minutes = new("--minutes") { Description = "Goes on for so long instead of a number of songs." };
        Add(predictions);
        Add(clients);
        Add(workers);
        Add(minutes);
        SetAction((result, _) => RunAsync(
            result.GetValue(minutes) is null ? result.GetValue(predictions) : int.MaxValue,
            result.GetValue(clients),
            result.GetValue(workers),
            result.GetValue(minutes) is { } time ? TimeSpan.FromMinutes(time) : TimeSpan.MaxValue));
    }

    private static async Task RunAsync(int most, int clients, int workers, TimeSpan time)
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
        Task<List<long[]>> weighing = WeighAsync(farm, ended.Token);
        await Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            int number;
            while (Stopwatch.GetElapsedTime(started) < time && (number = Interlocked.Increment(ref next)) <= most)
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
        List<long[]> memory = await weighing;
        Report(bare, create.Count, clients, workers, seconds);
        foreach ((string name, List<double> times) in new[] { ("create", create), ("get", get), ("list of 100", list) })
        {
            times.Sort();
            Console.WriteLine($"| {name}, p50 and p99 of {times.Count} | {times[times.Count / 2]:0.0} and {times[times.Count * 99 / 100]:0.0} ms |");
        }

        foreach ((string name, int place) in farm.Processes.Select((process, place) => (process.Name, place)))
        {
            Console.WriteLine($"| memory of {name}, MB, a tenth of the time apart | {string.Join(", ", Enumerable.Range(0, 11).Select(tenth => memory[tenth * (memory.Count - 1) / 10][place] / 1_000_000))} |");
        }
    }

    private static void Report(double bare, int predictions, int clients, int workers, double seconds)
    {
        double each = seconds * workers / predictions;
        Console.WriteLine("| | |");
        Console.WriteLine("|---|---|");
        Console.WriteLine($"| predictions, clients, workers | {predictions}, {clients}, {workers} |");
        Console.WriteLine($"| the library alone, as many pipelines at once, one thread each | {bare * 1000:0} ms a song |");
        Console.WriteLine($"| through the queue | {seconds:0.0} s, {predictions / seconds:0.0} songs a second |");
        Console.WriteLine($"| a worker's time for a song | {each * 1000:0} ms, {(each - bare) * 1000:0} ms more than alone |");
    }

    /// <summary>Seconds that a song takes each of so many pipelines at once, in this process and without a server.</summary>
    private static async Task<double> BareAsync(int pipelines)
    {
        const int Songs = 50;
        double[] seconds = await Task.WhenAll(Enumerable.Range(0, pipelines).Select(async _ =>
        {
            await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(Path.Combine(Repository.Root, "checkpoints", "nano"), new MusicPipelineOptions { Device = "cpu", Threads = 1 });
            await ServeCommand.MakeAsync(pipeline, 0, CancellationToken.None);
            long started = Stopwatch.GetTimestamp();
            for (int seed = 1; seed <= Songs; seed++)
            {
                await ServeCommand.MakeAsync(pipeline, seed, CancellationToken.None);
            }

            return Stopwatch.GetElapsedTime(started).TotalSeconds / Songs;
        }));
        return seconds.Average();
    }

    /// <summary>The resident memory of each process, every ten seconds.</summary>
    private static async Task<List<long[]>> WeighAsync(FarmSetup farm, CancellationToken ended)
    {
        List<long[]> memory = [];
        do
        {
            memory.Add([.. farm.Processes.Select(process => process.ResidentBytes)]);
            await Task.Delay(TimeSpan.FromSeconds(10), ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (!ended.IsCancellationRequested);
        return memory;
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
