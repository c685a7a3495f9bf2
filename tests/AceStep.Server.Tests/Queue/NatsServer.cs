using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;

namespace AceStep.Server.Tests.Queue;

/// <summary>A real nats-server on free ports, gone with the test or with the test's process, however that ends. Skips where there is none.</summary>
internal sealed class NatsServer : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    /// <summary>Its input ends with whoever holds the other end: then the server goes too.</summary>
    private const string Guard = "\"$@\" < /dev/null & echo $!; cat > /dev/null; kill -9 $!";

    private readonly string _folder;
    private readonly string[] _arguments;
    private Process _guard = null!;
    private int _process;

    private NatsServer(string folder, string[] arguments) => (_folder, _arguments) = (folder, arguments);

    /// <summary>The port that clients use; the same after a restart.</summary>
    public int Port { get; private set; } = -1;

    public string Url => $"nats://127.0.0.1:{Port}";

    /// <summary>Where it tells of itself, without a slash at the end.</summary>
    public string Monitoring { get; private set; } = "";

    /// <summary>The program: the system's, or the one that eng/setup.sh --tests unpacked. Null where there is none.</summary>
    public static string? Program { get; } = ((string[])[.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator), "/usr/sbin", Path.Combine(ReferenceData.RepositoryRoot, "artifacts", "nats-server", "usr", "sbin")])
        .Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, "nats-server")).FirstOrDefault(File.Exists);

    /// <summary>Skips the test where there is no nats-server.</summary>
    public static void Require()
    {
        if (Program is null || OperatingSystem.IsWindows())
        {
            Assert.Ignore("nats-server is not installed (eng/setup.sh --tests).");
        }
    }

    /// <param name="folder">Where its store and its log lie.</param>
    /// <param name="arguments">What it is told beside where to listen.</param>
    public static async Task<NatsServer> StartAsync(string folder, params string[] arguments)
    {
        Require();
        NatsServer server = new(folder, arguments);
        await server.StartAsync();
        return server;
    }

    /// <summary>Starts it again, on the same port and with the same store.</summary>
    public async Task StartAsync()
    {
        string[] command = [Program!, "-a", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture), "-m", "-1", "--ports_file_dir", _folder, "-l", Path.Combine(_folder, "nats.log"), .. _arguments.Contains("--no-js") ? Array.Empty<string>() : ["-js", "-sd", Path.Combine(_folder, "store")], .. _arguments.Except(["--no-js"])];
        ProcessStartInfo start = new("sh", ["-c", Guard, "sh", .. command]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        _guard = Process.Start(start)!;
        _process = int.Parse((await _guard.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        string ports = Path.Combine(_folder, $"nats-server_{_process}.ports");
        long started = Stopwatch.GetTimestamp();
        while (!await IsReadyAsync(ports))
        {
            Assert.That(Stopwatch.GetElapsedTime(started), Is.LessThan(Longest), () => $"nats-server does not start: {File.ReadAllText(Path.Combine(_folder, "nats.log"))}");
            await Task.Delay(20);
        }
    }

    /// <summary>Ends it as a power cut does.</summary>
    public void Kill()
    {
        using (Process process = Process.GetProcessById(_process))
        {
            process.Kill();
            process.WaitForExit();
        }

        EndGuard();
    }

    /// <summary>Stops it for a while without ending its connections, as a network that loses everything does.</summary>
    public void Freeze() => Signal("-STOP");

    public void Thaw() => Signal("-CONT");

    public void Dispose() => EndGuard();

    private void Signal(string signal) => Tool.Run("kill", signal, _process.ToString(CultureInfo.InvariantCulture));

    private void EndGuard()
    {
        _guard.StandardInput.Close();
        _guard.WaitForExit();
        _guard.Dispose();
    }

    private async Task<bool> IsReadyAsync(string ports)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(await File.ReadAllTextAsync(ports));
            Port = new Uri(document.RootElement.GetProperty("nats")[0].GetString()!).Port;
            Monitoring = document.RootElement.GetProperty("monitoring")[0].GetString()!.TrimEnd('/');
            using HttpClient client = new();
            string path = _arguments.Contains("--no-js") ? "/healthz" : "/healthz?js-enabled-only=true";
            using HttpResponseMessage health = await client.GetAsync(Monitoring + path);
            return health.StatusCode == HttpStatusCode.OK;
        }
        catch (Exception error) when (error is IOException or JsonException or HttpRequestException or ArgumentOutOfRangeException)
        {
            return false;
        }
    }
}
