using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using AceStep.Testing;

namespace AceStep.Server.Tests.Processes;

/// <summary>A command of <c>acestep</c> as a process, gone with the test or with the test's process, however that ends.</summary>
internal sealed class GuardedProcess : IDisposable
{
    private const string Listening = "Listening on ";

    /// <summary>Its input ends with whoever holds the other end: then the command goes too.</summary>
    private const string Guard = "\"$@\" < /dev/null & echo $!; cat > /dev/null; kill -9 $!";

    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    private readonly Process _guard;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<int> _id = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _url = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private GuardedProcess(string[] arguments, (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new("sh", ["-c", Guard, "sh", ServerProcess.Host, ServerProcess.Program, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in (string[])["ACESTEP_CHECKPOINT", "ACESTEP_TOKENS", "ACESTEP_QUEUE", "ACESTEP_QUEUE_PASSWORD", "ACESTEP_QUEUE_TOKEN", "PORT"])
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        _guard = Process.Start(start)!;
        _guard.OutputDataReceived += (_, line) => Note(line.Data);
        _guard.ErrorDataReceived += (_, line) => Note(line.Data);
        _guard.BeginOutputReadLine();
        _guard.BeginErrorReadLine();
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

    /// <summary>Starts a front end, and waits until it listens.</summary>
    public static async Task<GuardedProcess> StartServerAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        GuardedProcess server = new(["serve", "--port", "0", .. arguments], environment);
        await server.UntilAsync(server._url.Task);
        server.Client = new HttpClient { BaseAddress = new Uri(server.Url), Timeout = Longest };
        return server;
    }

    /// <summary>Starts a worker, and waits until its model is loaded.</summary>
    public static async Task<GuardedProcess> StartWorkerAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        GuardedProcess worker = new(["worker", .. arguments], environment);
        await worker.SaysAsync(" is loaded on ");
        return worker;
    }

    /// <summary>Runs a command to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(ServerProcess.Host, [ServerProcess.Program, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("ACESTEP_QUEUE");
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Longest);
        return (process.ExitCode, output + await errors);
    }

    /// <summary>Waits until it has said something.</summary>
    public async Task SaysAsync(string words)
    {
        long started = Stopwatch.GetTimestamp();
        while (!Output.Contains(words, StringComparison.Ordinal))
        {
            Assert.That(_guard.HasExited || Stopwatch.GetElapsedTime(started) > Longest, Is.False, () => Output);
            await Task.Delay(50);
        }
    }

    /// <summary>Ends it as a power cut does.</summary>
    public void Kill()
    {
        using Process process = Process.GetProcessById(_id.Task.Result);
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>Sends SIGTERM.</summary>
    public void Terminate() => Tool.Run("kill", "-TERM", _id.Task.Result.ToString(CultureInfo.InvariantCulture));

    /// <summary>Waits until a front end answers that it is ready.</summary>
    public async Task ReadyAsync()
    {
        while ((await Client.GetFromJsonAsync<JsonElement>("/health-check")).GetProperty("status").GetString() != "READY")
        {
            await Task.Delay(50);
        }
    }

    public void Dispose()
    {
        Client?.Dispose();
        _guard.StandardInput.Close();
        _guard.WaitForExit();
        _guard.Dispose();
    }

    private async Task UntilAsync(Task task)
    {
        await Task.WhenAny(task, Task.Delay(Longest), _guard.WaitForExitAsync());
        Assert.That(task.IsCompleted, Is.True, Output);
    }

    private void Note(string? line)
    {
        if (line is null)
        {
            return;
        }

        if (!_id.Task.IsCompleted)
        {
            _id.SetResult(int.Parse(line, CultureInfo.InvariantCulture));
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
