using System.Collections.Concurrent;
using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using AceStep.Server.Queue.Nats;
using AceStep.Server.Storage;

namespace AceStep.Benchmarks.Farm;

/// <summary>Kills workers, front ends, the queue's server and the network at seeded moments, and counts what was accepted, finished and lost.</summary>
internal sealed class ChaosCommand : Command
{
    private const int MostOpen = 40;

    private enum Victim
    {
        Worker,
        Front,
        Server,
        Network,
    }

    public ChaosCommand()
        : base("chaos", "Kills workers, front ends, the queue's server and the network between them, and says what was lost.")
    {
        Option<int> kills = new("--kills") { Description = "Kills.", DefaultValueFactory = _ => 200 };
        Option<int> seed = new("--seed") { Description = "The seed of moments and victims.", DefaultValueFactory = _ => 1 };
        Add(kills);
        Add(seed);
        SetAction((result, _) => RunAsync(result.GetValue(kills), result.GetValue(seed)));
    }

    private static async Task<int> RunAsync(int kills, int seed)
    {
        using FarmNetwork? network = FarmNetwork.TryCreate();
        if (network is null)
        {
            Console.WriteLine("Without root or iproute2 there is no network to cut: workers, front ends and the server are killed.");
        }

        using FarmSetup farm = await FarmSetup.StartAsync(fronts: 2, workers: 2, network);
        using FarmClient client = new(farm.Addresses);
        ConcurrentDictionary<string, string> accepted = new();
        ConcurrentDictionary<string, string> seen = new();
        using CancellationTokenSource stop = new();
        Task creating = CreateAsync(client, accepted, seen, stop.Token);
        Task looking = LookAsync(client, accepted, seen, stop.Token);
        long started = Stopwatch.GetTimestamp();
        Dictionary<Victim, int> killed = await KillAsync(farm, network is not null, kills, new Random(seed));
        await stop.CancelAsync();
        await Task.WhenAll(creating, looking);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        (int finished, int lost, int changed, int attempts) = await CheckAsync(client, accepted, seen);
        int orphans = await OrphansAsync(farm.Queue, client, accepted);
        Console.WriteLine("| thrown, killed, lost | |");
        Console.WriteLine("|---|---|");
        Console.WriteLine($"| kills in {seconds:0} s | {string.Join(", ", killed.OrderBy(kill => kill.Key).Select(kill => $"{kill.Key} {kill.Value}"))} |");
        Console.WriteLine($"| accepted | {accepted.Count} |");
        Console.WriteLine($"| finished, with the whole song | {finished} |");
        Console.WriteLine($"| lost | {lost} |");
        Console.WriteLine($"| results that changed after they were seen | {changed} |");
        Console.WriteLine($"| attempts | {attempts} |");
        Console.WriteLine($"| songs of attempts that did not count, which go by age | {orphans} |");
        return lost + changed;
    }

    private static async Task<Dictionary<Victim, int>> KillAsync(FarmSetup farm, bool hasNetwork, int kills, Random random)
    {
        Dictionary<Victim, int> killed = [];
        for (int kill = 0; kill < kills; kill++)
        {
            await Task.Delay(random.Next(200, 2500));
            // As often as they die elsewhere: workers most.
            Victim victim = random.Next(10) switch
            {
                < 4 => Victim.Worker,
                < 7 => Victim.Front,
                < 9 => Victim.Server,
                _ => hasNetwork ? Victim.Network : Victim.Server,
            };
            killed[victim] = killed.GetValueOrDefault(victim) + 1;
            if (victim == Victim.Network)
            {
                FarmNetwork.Cut();
                await Task.Delay(random.Next(500, 20_000));
                FarmNetwork.Mend();
                continue;
            }

            FarmProcess process = victim switch
            {
                Victim.Worker => farm.Workers[random.Next(farm.Workers.Count)],
                Victim.Front => farm.Fronts[random.Next(farm.Fronts.Count)],
                _ => farm.Nats,
            };
            process.Kill();
            await Task.Delay(random.Next(1500));
            process.Start();
        }

        return killed;
    }

    /// <summary>Sees to it that some always wait.</summary>
    private static async Task CreateAsync(FarmClient client, ConcurrentDictionary<string, string> accepted, ConcurrentDictionary<string, string> seen, CancellationToken stop)
    {
        int number = 0;
        while (!stop.IsCancellationRequested)
        {
            if (accepted.Count - seen.Count < MostOpen)
            {
                string key = $"chaos{number}";
                accepted[await client.CreateAsync(number % 100, key)] = key;
                number++;
            }

            await Task.Delay(250, CancellationToken.None);
        }
    }

    /// <summary>Notes each result when it is first seen.</summary>
    private static async Task LookAsync(FarmClient client, ConcurrentDictionary<string, string> accepted, ConcurrentDictionary<string, string> seen, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            foreach (string id in accepted.Keys.Where(id => !seen.ContainsKey(id)))
            {
                JsonElement prediction = await client.GetAsync(id);
                if (prediction.GetProperty("status").GetString() is not ("starting" or "processing"))
                {
                    seen[id] = ResultOf(prediction);
                }
            }

            await Task.Delay(200, CancellationToken.None);
        }
    }

    /// <summary>Status and song, whose address has the attempt in it, without the front end's address.</summary>
    private static string ResultOf(JsonElement prediction) =>
        prediction.GetProperty("status").GetString() + (prediction.TryGetProperty("song", out JsonElement song) ? new Uri(song.GetProperty("url").GetString()!).PathAndQuery : "");

    private static async Task<(int Finished, int Lost, int Changed, int Attempts)> CheckAsync(FarmClient client, ConcurrentDictionary<string, string> accepted, ConcurrentDictionary<string, string> seen)
    {
        int finished = 0, lost = 0, changed = 0, attempts = 0;
        foreach (string id in accepted.Keys)
        {
            JsonElement prediction = await client.EndAsync(id);
            bool isWhole = prediction.GetProperty("status").GetString() == "succeeded" && await client.SongBytesAsync(prediction) == prediction.GetProperty("song").GetProperty("bytes").GetInt64();
            finished += isWhole ? 1 : 0;
            lost += isWhole ? 0 : 1;
            changed += seen.TryGetValue(id, out string? before) && before != ResultOf(prediction) ? 1 : 0;
            attempts += isWhole ? int.Parse(new Uri(prediction.GetProperty("song").GetProperty("url").GetString()!).Segments[3].Split('-', '.')[1], System.Globalization.CultureInfo.InvariantCulture) : 0;
            if (!isWhole)
            {
                Console.WriteLine($"lost: {prediction}");
            }
        }

        return (finished, lost, changed, attempts);
    }

    private static async Task<int> OrphansAsync(string queue, FarmClient client, ConcurrentDictionary<string, string> accepted)
    {
        HashSet<string> kept = [];
        foreach (string id in accepted.Keys)
        {
            if ((await client.GetAsync(id)).TryGetProperty("song", out JsonElement song))
            {
                kept.Add("out/" + new Uri(song.GetProperty("url").GetString()!).Segments[3].TrimEnd('/'));
            }
        }

        await using NatsBackend backend = await NatsBackend.ConnectAsync(new NatsQueueOptions { Url = queue, AllowsOldServer = true, IsWorker = true });
        int orphans = 0;
        await foreach (BlobInfo blob in backend.Blobs.ListAsync("out"))
        {
            orphans += kept.Contains(blob.Name) ? 0 : 1;
        }

        return orphans;
    }
}
