using System.Diagnostics;
using AceStep.Testing;

namespace AceStep.Server.Tests.Processes;

/// <summary>Replicate's official JavaScript client. Skips where node, npm or the client cannot be had.</summary>
internal static class ReplicateClient
{
    private static readonly string Own = Path.Combine(ReferenceData.RepositoryRoot, "tests", "AceStep.Server.Tests", "npm");

    public static async Task InstallAsync(string folder)
    {
        Tool.Require("node");
        Tool.Require("npm");
        foreach (string file in (string[])["package.json", "package-lock.json"])
        {
            File.Copy(Path.Combine(Own, file), Path.Combine(folder, file));
        }

        (int exitCode, string output) = await RunAsync("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"], folder);
        if (exitCode != 0)
        {
            Assert.Ignore($"The npm package \"replicate\" cannot be installed here: {output}");
        }
    }

    public static async Task<(int ExitCode, string Output)> RunAsync(string program, string[] arguments, string folder, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output + await errors);
    }
}
