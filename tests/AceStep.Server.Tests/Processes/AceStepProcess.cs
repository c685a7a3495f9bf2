using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using AceStep.Testing;

namespace AceStep.Server.Tests.Processes;

/// <summary>A command of <c>acestep</c> as a process: its words, and its address where it serves.</summary>
internal abstract class AceStepProcess : IDisposable
{
    internal static readonly string Host = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    internal static readonly string Program = Path.Combine(
        ReferenceData.RepositoryRoot, "src", "AceStep.Cli", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, new DirectoryInfo(AppContext.BaseDirectory).Name, "acestep.dll");

    private protected static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    private const string Listening = "Listening on ";

    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<string> _url = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts it without what this process' own environment says of <c>acestep</c>.</summary>
    private protected AceStepProcess(string[] command, (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in (string[])["ACESTEP_CHECKPOINT", "ACESTEP_TOKENS", "ACESTEP_QUEUE", "ACESTEP_QUEUE_PASSWORD", "ACESTEP_QUEUE_TOKEN", "PORT"])
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        Process = Process.Start(start)!;
        Process.OutputDataReceived += (_, line) => Note(line.Data);
        Process.ErrorDataReceived += (_, line) => Note(line.Data);
        Process.BeginOutputReadLine();
        Process.BeginErrorReadLine();
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

    private protected Process Process { get; }

    public virtual void Dispose()
    {
        Client?.Dispose();
        Process.Dispose();
    }

    /// <summary>Waits until it listens.</summary>
    private protected async Task ListenAsync()
    {
        await Task.WhenAny(_url.Task, Process.WaitForExitAsync()).WaitAsync(Longest);
        Assert.That(_url.Task.IsCompleted, Is.True, Output);
        Client = new HttpClient { BaseAddress = new Uri(Url), Timeout = Longest };
    }

    /// <summary>Whether a line is for the tests alone, and none of its words.</summary>
    private protected virtual bool IsOwn(string line) => false;

    private void Note(string? line)
    {
        if (line is null || IsOwn(line))
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
