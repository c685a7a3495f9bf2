using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AceStep.Testing;

/// <summary>The built program <c>acestep</c>, in the same configuration as the test, as a process of its own.</summary>
public static class AceStepProgram
{
    /// <summary>What a machine may set for the program, and tests set themselves where they mean it.</summary>
    private static readonly string[] Variables = ["ACESTEP_CHECKPOINT", "ACESTEP_TOKENS", "ACESTEP_QUEUE", "ACESTEP_QUEUE_PASSWORD", "ACESTEP_QUEUE_TOKEN", "PORT"];

    /// <summary>The folder of the .NET that runs this test.</summary>
    public static string DotnetRoot { get; } = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));

    /// <summary>The .NET host that runs this test.</summary>
    public static string Dotnet { get; } = Path.Combine(DotnetRoot, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");

    /// <summary>The program's own folder.</summary>
    public static string Folder { get; } = Path.Combine(
        ReferenceData.RepositoryRoot, "src", "AceStep.Cli", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, new DirectoryInfo(AppContext.BaseDirectory).Name);

    /// <summary>The command that runs the program.</summary>
    public static string[] Command(params string[] arguments) => [Dotnet, Path.Combine(Folder, "acestep.dll"), .. arguments];

    /// <summary>As <see cref="Command"/>, where Ctrl+C is to reach the program: what a shell runs in its background ignores it, and so do its children.</summary>
    public static string[] InterruptibleCommand(params string[] arguments) => [.. OperatingSystem.IsLinux() ? ["env", "--default-signal=INT"] : Array.Empty<string>(), .. Command(arguments)];

    /// <summary>How to start a command that runs the program: with its streams redirected and without the machine's own settings for it.</summary>
    public static ProcessStartInfo StartInfo(string[] command, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in Variables)
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return start;
    }
}
