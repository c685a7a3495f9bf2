using System.Diagnostics;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using AceStep.Testing;

namespace AceStep.Server.Tests.Processes;

/// <summary><c>acestep serve</c> as a process, on a free port.</summary>
internal sealed class ServerProcess : IDisposable
{
    private const string Listening = "Listening on ";

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    internal static readonly string Host = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    internal static readonly string Program = Path.Combine(
        ReferenceData.RepositoryRoot, "src", "AceStep.Cli", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, new DirectoryInfo(AppContext.BaseDirectory).Name, "acestep.dll");

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<string> _url = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(string[] arguments, (string Name, string Value)[] environment)
    {
        string[] command = [.. OperatingSystem.IsLinux() ? ["env", "--default-signal=INT"] : Array.Empty<string>(), Host, Program, "serve", .. arguments.Contains("--port") ? Array.Empty<string>() : ["--port", "0"], .. arguments];
        ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment.Remove("ACESTEP_CHECKPOINT");
        start.Environment.Remove("ACESTEP_TOKENS");
        start.Environment.Remove("PORT");
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Note(line.Data);
        _process.ErrorDataReceived += (_, line) => Note(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The server's address, without a slash at the end.</summary>
    public string Url => _url.Task.Result;

    public HttpClient Client { get; private set; } = null!;

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>The most memory that it has had, in bytes.</summary>
    public long PeakMemory => 1024 * long.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Starts it and waits until it listens.</summary>
    public static Task<ServerProcess> StartAsync(string data, params string[] arguments) => StartAsync(data, [], arguments);

    /// <summary>Starts it with variables of its environment, and waits until it listens.</summary>
    public static async Task<ServerProcess> StartAsync(string data, (string Name, string Value)[] environment, params string[] arguments)
    {
        ServerProcess server = new(["--data", data, .. arguments], environment);
        await Task.WhenAny(server._url.Task, server._process.WaitForExitAsync()).WaitAsync(Longest);
        Assert.That(server._url.Task.IsCompleted, Is.True, server.Output);
        server.Client = new HttpClient { BaseAddress = new Uri(server.Url), Timeout = Longest };
        return server;
    }

    /// <summary>Starts it where it is to refuse that, and gives its exit code and words.</summary>
    public static async Task<(int ExitCode, string Output)> RefuseAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        using ServerProcess server = new(arguments, environment);
        await server._process.WaitForExitAsync().WaitAsync(Longest);
        server._process.WaitForExit();
        return (server._process.ExitCode, server.Output);
    }

    /// <summary>Ends it as a power cut does.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Sends SIGTERM.</summary>
    public void Terminate() => Tool.Run("kill", "-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Longest);
        return _process.ExitCode;
    }

    /// <summary>Waits until the model is loaded.</summary>
    public async Task ReadyAsync()
    {
        while ((await Client.GetFromJsonAsync<JsonElement>("/health-check")).GetProperty("status").GetString() == "STARTING")
        {
            await Task.Delay(50);
        }
    }

    public void Dispose()
    {
        Client?.Dispose();
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }

    private void Note(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_output)
        {
            _output.AppendLine(line);
        }

        if (line.StartsWith(Listening, StringComparison.Ordinal))
        {
            _url.TrySetResult(line[Listening.Length..].Trim());
        }
    }
}
