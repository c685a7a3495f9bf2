using System.Diagnostics;
using System.Text;

namespace AceStep.Server.Tests.Processes;

/// <summary>A command of <c>acestep</c> as a process: its words, and its address where it serves.</summary>
internal abstract class AceStepProcess : IDisposable
{
    private protected static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);

    private const string Listening = "Listening on ";

    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<string> _url = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private protected AceStepProcess(string[] command, (string Name, string Value)[] environment)
    {
        Process = Process.Start(AceStepProgram.StartInfo(command, environment))!;
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
