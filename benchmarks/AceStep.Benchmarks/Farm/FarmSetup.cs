using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace AceStep.Benchmarks.Farm;

/// <summary>Front ends, workers and a nats-server on this machine, with the demonstration checkpoint; one worker may be behind a network of its own.</summary>
internal sealed class FarmSetup : IDisposable
{
    private static readonly string Host = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    private readonly string _folder = Directory.CreateTempSubdirectory("acestep-farm-").FullName;
    private readonly FarmNetwork? _network;

    private FarmSetup(FarmNetwork? network) => _network = network;

    /// <summary>The queue's server, as clients of NATS name it.</summary>
    public string Queue { get; private set; } = "";

    public FarmProcess Nats { get; private set; } = null!;

    public List<FarmProcess> Fronts { get; } = [];

    public List<Uri> Addresses { get; } = [];

    public List<FarmProcess> Workers { get; } = [];

    public IEnumerable<FarmProcess> Processes => [.. Fronts, .. Workers, Nats];

    /// <param name="fronts">Front ends.</param>
    /// <param name="workers">Workers.</param>
    /// <param name="network">The network that the last worker is behind; null for none.</param>
    public static async Task<FarmSetup> StartAsync(int fronts, int workers, FarmNetwork? network)
    {
        FarmSetup farm = new(network);
        try
        {
            await farm.StartAsync(fronts, workers);
            return farm;
        }
        catch
        {
            farm.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (FarmProcess process in (FarmProcess[])[.. Fronts, .. Workers])
        {
            process.Kill();
        }

        Nats?.Kill();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync(int fronts, int workers)
    {
        string address = _network?.HostAddress ?? "127.0.0.1";
        int port = FreePort(IPAddress.Parse(address));
        Queue = $"nats://{address}:{port}";
        string program = ((string[])[.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), "/usr/sbin", Path.Combine(Repository.Root, "artifacts", "nats-server", "usr", "sbin")])
            .Select(folder => Path.Combine(folder, "nats-server")).FirstOrDefault(File.Exists) ?? throw new FileNotFoundException("nats-server is not installed (eng/setup.sh --tests).");
        Nats = new FarmProcess([program, "-js", "-sd", Path.Combine(_folder, "store"), "-a", address, "-p", $"{port}"], [], Path.Combine(_folder, "nats.log"));
        Nats.Start();
        string acestep = Path.Combine(Repository.Root, "src", "AceStep.Cli", "bin", "Release", "net10.0", "acestep.dll");
        string[] shared = ["--queue", Queue, "--queue-allow-old", "--max-deaths", "1000000"];
        for (int number = 0; number < fronts; number++)
        {
            Addresses.Add(new Uri($"http://127.0.0.1:{FreePort(IPAddress.Loopback)}"));
            Fronts.Add(new FarmProcess([Host, acestep, "serve", "--role", "api", "--creations-per-minute", "0", "--max-queue", "100000", "--port", $"{Addresses[^1].Port}", "--data", Path.Combine(_folder, "data"), .. shared], [], Path.Combine(_folder, $"front{number}.log")));
            Fronts[^1].Start();
        }

        for (int number = 0; number < workers; number++)
        {
            string[] inside = _network is not null && number == workers - 1 ? _network.Inside : [];
            Workers.Add(new FarmProcess([.. inside, Host, acestep, "worker", "--device", "cpu", "--threads", "1", "--data", Path.Combine(_folder, "data"), .. shared], [], Path.Combine(_folder, $"worker{number}.log")));
            Workers[^1].Start();
        }

        await Task.WhenAll(Fronts.Zip(Addresses, ReadyAsync));
    }

    private static async Task ReadyAsync(FarmProcess front, Uri address)
    {
        using HttpClient client = new() { BaseAddress = address, Timeout = TimeSpan.FromSeconds(10) };
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(2))
        {
            try
            {
                if ((await client.GetFromJsonAsync<JsonElement>("/health-check")).GetProperty("status").GetString() == "READY")
                {
                    return;
                }
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
            {
                // It is not up yet.
            }

            await Task.Delay(100);
        }

        throw new TimeoutException($"{address} is not ready. It said: {front.Output}");
    }

    private static int FreePort(IPAddress address)
    {
        using TcpListener listener = new(address, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
