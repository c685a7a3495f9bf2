using System.Diagnostics;

namespace AceStep.Hub.Tests;

/// <summary>The built program as a process of its own, with a home, caches and hub of the test's.</summary>
internal static class HubProcess
{
    /// <summary>Starts the program.</summary>
    public static Process Start(string home, Uri hub, string[] arguments, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = AceStepProgram.StartInfo(AceStepProgram.Command(arguments));
        start.WorkingDirectory = home;
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("HF_", StringComparison.Ordinal) || name.StartsWith("ACESTEP_", StringComparison.Ordinal) || name.EndsWith("_proxy", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["HF_HOME"] = home;
        start.Environment["HF_ENDPOINT"] = hub.AbsoluteUri;
        start.Environment["HOME"] = home;
        // Most of these processes live for less than a second, many at once.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["OMP_NUM_THREADS"] = "1";
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Runs the program to its end.</summary>
    /// <returns>What it wrote to standard output and standard error.</returns>
    public static async Task<(string Output, string Error)> RunAsync(int exitCode, string home, Uri hub, string[] arguments, params (string Name, string Value)[] environment)
    {
        using Process process = Start(home, hub, arguments, environment);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.EqualTo(exitCode), $"standard output:\n{await output}\nstandard error:\n{await error}");
        return (await output, await error);
    }
}
