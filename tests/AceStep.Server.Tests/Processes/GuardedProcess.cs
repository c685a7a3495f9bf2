using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace AceStep.Server.Tests.Processes;

/// <summary>A command of <c>acestep</c> as a process, gone with the test or with the test's process, however that ends.</summary>
internal sealed class GuardedProcess : AceStepProcess
{
    /// <summary>Its input ends with whoever holds the other end: then the command goes too.</summary>
    private const string Guard = "\"$@\" < /dev/null & echo $!; cat > /dev/null; kill -9 $!";

    private readonly TaskCompletionSource<int> _id = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private GuardedProcess(string[] arguments, (string Name, string Value)[] environment)
        : base(["sh", "-c", Guard, "sh", .. AceStepProgram.Command(arguments)], environment)
    {
    }

    /// <summary>Starts a front end, and waits until it listens.</summary>
    public static async Task<GuardedProcess> StartServerAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        GuardedProcess server = new(["serve", "--port", "0", .. arguments], environment);
        await server.ListenAsync();
        return server;
    }

    /// <summary>Starts a worker, and waits until its model is loaded.</summary>
    public static async Task<GuardedProcess> StartWorkerAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        GuardedProcess worker = new(["worker", .. arguments], environment);
        await worker.SaysAsync(" is loaded from ");
        return worker;
    }

    /// <summary>Runs a command to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        using Process process = Process.Start(AceStepProgram.StartInfo(AceStepProgram.Command(arguments), environment))!;
        process.StandardInput.Close();
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
            Assert.That(Process.HasExited || Stopwatch.GetElapsedTime(started) > Longest, Is.False, () => Output);
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

    public override void Dispose()
    {
        Process.StandardInput.Close();
        Process.WaitForExit();
        base.Dispose();
    }

    /// <summary>The first line is the guard's: the command's number.</summary>
    private protected override bool IsOwn(string line) => !_id.Task.IsCompleted && _id.TrySetResult(int.Parse(line, CultureInfo.InvariantCulture));
}
