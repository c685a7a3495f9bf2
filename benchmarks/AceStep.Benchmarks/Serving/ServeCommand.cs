using System.CommandLine;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using AceStep.Audio;

namespace AceStep.Benchmarks.Serving;

/// <summary>
/// What the server adds to a song, and how many requests a second it answers. Server and clients are one process on one
/// machine: the clients' share of the processor is in the figures.
/// </summary>
internal sealed class ServeCommand : Command
{
    // The least that the deployment takes.
    private const int SongSeconds = 10;
    private const int Steps = 20;

    private const string Prompt = "techno, drums";
    private const int Clients = 32;

    public ServeCommand()
        : base("serve", "Measures the server: a prediction beside the same call of the library, and requests a second.")
    {
        Argument<string> checkpoint = new("checkpoint") { Description = "The folder or file; default: the demonstration checkpoint.", DefaultValueFactory = _ => Path.Combine(Repository.Root, "checkpoints", "nano") };
        Option<int> songs = new("--songs") { Description = "Songs by each way.", DefaultValueFactory = _ => 20 };
        Option<double> seconds = new("--seconds") { Description = "Seconds for each route.", DefaultValueFactory = _ => 5 };
        Option<int> threads = new("--threads") { Description = "Threads of libtorch.", DefaultValueFactory = _ => Environment.ProcessorCount };
        Add(checkpoint);
        Add(songs);
        Add(seconds);
        Add(threads);
        SetAction((result, cancellationToken) => RunAsync(
            result.GetValue(checkpoint)!, result.GetValue(songs), TimeSpan.FromSeconds(result.GetValue(seconds)), result.GetValue(threads), cancellationToken));
    }

    /// <summary>A song as the server is asked for it.</summary>
    public static JsonObject Input(int seed) => new() { ["prompt"] = Prompt, ["audio_duration"] = SongSeconds, ["infer_steps"] = Steps, ["seed"] = seed };

    /// <summary>Makes the same song with the library, and its WAV file in memory.</summary>
    public static async Task MakeAsync(MusicPipeline pipeline, int seed, CancellationToken cancellationToken)
    {
        TextToMusicRequest request = new() { Prompt = Prompt, Duration = TimeSpan.FromSeconds(SongSeconds), Seed = seed, Generation = new() { Steps = Steps } };
        MusicResult result = await pipeline.TextToMusicAsync(request, cancellationToken: cancellationToken);
        using MemoryStream file = new();
        AudioFile.Save(result.Songs[0].Audio, file, AudioFormat.Wav, new AudioSaveOptions { Encoding = SampleEncoding.Pcm16 });
    }

    private static async Task RunAsync(string checkpoint, int songs, TimeSpan time, int threads, CancellationToken cancellationToken)
    {
        await using MeasuredServer server = await MeasuredServer.StartAsync(checkpoint, new MusicPipelineOptions { Device = "cpu", Threads = threads });
        await MeasureSongsAsync(server, checkpoint, songs, threads, cancellationToken);
        await MeasureRequestsAsync(server, time, cancellationToken);
    }

    /// <summary>In turn, so that what else the machine does meets both.</summary>
    private static async Task MeasureSongsAsync(MeasuredServer server, string checkpoint, int songs, int threads, CancellationToken cancellationToken)
    {
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(checkpoint, new MusicPipelineOptions { Device = "cpu", Threads = threads }, cancellationToken: cancellationToken);
        List<double> library = [];
        List<double> served = [];
        List<double> computed = [];
        for (int song = -1; song < songs; song++)
        {
            long started = Stopwatch.GetTimestamp();
            await MakeAsync(pipeline, song + 2, cancellationToken);
            double alone = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            started = Stopwatch.GetTimestamp();
            JsonElement prediction = await ServeAsync(server, song + 2, cancellationToken);
            double asked = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            if (song >= 0)
            {
                // The first of each warms up.
                library.Add(alone);
                served.Add(asked);
                computed.Add(1000 * prediction.GetProperty("metrics").GetProperty("predict_time").GetDouble());
            }
        }

        Console.WriteLine($"{songs} songs of {SongSeconds} s, {Steps} steps, {threads} threads, medians\n");
        Console.WriteLine("| | ms |");
        Console.WriteLine("|---|---|");
        Console.WriteLine($"| the library's call, and the WAV file in memory | {Median(library):0.0} |");
        Console.WriteLine($"| POST with Prefer: wait, to the last byte of the answer | {Median(served):0.0} |");
        Console.WriteLine($"| of which from its start to its end | {Median(computed):0.0} |");
        Console.WriteLine($"| a prediction more than the call, pair by pair | {Median([.. served.Zip(library, (one, other) => one - other)]):0.0} |\n");
    }

    private static async Task<JsonElement> ServeAsync(MeasuredServer server, int seed, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = MeasuredServer.Creation(Input(seed));
        request.Headers.TryAddWithoutValidation("Prefer", "wait=60");
        using HttpResponseMessage response = await server.Client.SendAsync(request, cancellationToken);
        JsonElement prediction = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return prediction.GetProperty("status").GetString() == "succeeded" ? prediction : throw new InvalidOperationException($"The prediction has not succeeded: {prediction}");
    }

    /// <summary>While the one worker waits for a source that never comes: nothing else is computed meanwhile.</summary>
    private static async Task MeasureRequestsAsync(MeasuredServer server, TimeSpan time, CancellationToken cancellationToken)
    {
        await server.OccupyAsync(cancellationToken);
        string id = "";
        for (int creation = 0; creation < 100; creation++)
        {
            using HttpResponseMessage created = await server.Client.SendAsync(MeasuredServer.Creation([]), cancellationToken);
            id = (await created.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("id").GetString()!;
        }

        Console.WriteLine($"{Clients} clients, {time.TotalSeconds:0} s each\n");
        Console.WriteLine("| route | requests a second | median ms | 99 % below, ms |");
        Console.WriteLine("|---|---|---|---|");
        await MeasureAsync("GET /health-check", () => new HttpRequestMessage(HttpMethod.Get, "/health-check"));
        await MeasureAsync("GET /v1/predictions/{id}", () => new HttpRequestMessage(HttpMethod.Get, $"/v1/predictions/{id}"));
        await MeasureAsync("GET /v1/predictions, 100 of them", () => new HttpRequestMessage(HttpMethod.Get, "/v1/predictions"));
        await MeasureAsync("POST /v1/models/.../predictions", () => MeasuredServer.Creation([]));

        async Task MeasureAsync(string route, Func<HttpRequestMessage> create)
        {
            List<double>[] times = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(() => AskAsync(server.Client, create, time, cancellationToken), cancellationToken)));
            double[] all = [.. times.SelectMany(client => client).Order()];
            Console.WriteLine($"| {route} | {all.Length / time.TotalSeconds:0} | {all[all.Length / 2]:0.0} | {all[all.Length * 99 / 100]:0.0} |");
        }
    }

    private static async Task<List<double>> AskAsync(HttpClient client, Func<HttpRequestMessage> create, TimeSpan time, CancellationToken cancellationToken)
    {
        List<double> times = [];
        long begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < time)
        {
            long started = Stopwatch.GetTimestamp();
            using HttpRequestMessage request = create();
            using HttpResponseMessage response = await client.SendAsync(request, cancellationToken);
            response.EnsureSuccessStatusCode();
            await response.Content.ReadAsByteArrayAsync(cancellationToken);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return times;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
