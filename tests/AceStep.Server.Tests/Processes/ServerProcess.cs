using System.Net.Http.Json;
using System.Text.Json;

namespace AceStep.Server.Tests.Processes;

/// <summary><c>acestep serve</c> as a process, on a free port.</summary>
internal sealed class ServerProcess : AceStepProcess
{
    private ServerProcess(string[] arguments, (string Name, string Value)[] environment)
        : base(AceStepProgram.InterruptibleCommand(["serve", .. arguments.Contains("--port") ? Array.Empty<string>() : ["--port", "0"], .. arguments]), environment)
    {
    }

    /// <summary>The most memory that it has had, in bytes.</summary>
    public long PeakMemory => 1024 * long.Parse(
        File.ReadLines($"/proc/{Process.Id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Starts it and waits until it listens.</summary>
    public static Task<ServerProcess> StartAsync(string data, params string[] arguments) => StartAsync(data, [], arguments);

    /// <summary>Starts it with variables of its environment, and waits until it listens.</summary>
    public static async Task<ServerProcess> StartAsync(string data, (string Name, string Value)[] environment, params string[] arguments)
    {
        ServerProcess server = new(["--data", data, .. arguments], environment);
        await server.ListenAsync();
        return server;
    }

    /// <summary>Starts it where it is to refuse that, and gives its exit code and words.</summary>
    public static async Task<(int ExitCode, string Output)> RefuseAsync(string[] arguments, params (string Name, string Value)[] environment)
    {
        using ServerProcess server = new(arguments, environment);
        await server.Process.WaitForExitAsync().WaitAsync(Longest);
        server.Process.WaitForExit();
        return (server.Process.ExitCode, server.Output);
    }

    /// <summary>Ends it as a power cut does.</summary>
    public void Kill()
    {
        Process.Kill();
        Process.WaitForExit();
    }

    /// <summary>Sends SIGTERM.</summary>
    public void Terminate() => Tool.Run("kill", "-TERM", Process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public async Task<int> ExitAsync()
    {
        await Process.WaitForExitAsync().WaitAsync(Longest);
        return Process.ExitCode;
    }

    /// <summary>Waits until the model is loaded.</summary>
    public async Task ReadyAsync()
    {
        while ((await Client.GetFromJsonAsync<JsonElement>("/health-check")).GetProperty("status").GetString() == "STARTING")
        {
            await Task.Delay(50);
        }
    }

    public override void Dispose()
    {
        if (!Process.HasExited)
        {
            Kill();
        }

        base.Dispose();
    }
}
