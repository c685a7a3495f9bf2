using System.Diagnostics;

namespace AceStep.Server.Tests.Processes;

/// <summary>Replicate's official JavaScript client. Skips where node, npm or the client cannot be had.</summary>
internal static class ReplicateClient
{
    /// <summary>Where the scripts and the client's version are.</summary>
    public static readonly string Own = Path.Combine(ReferenceData.RepositoryRoot, "tests", "AceStep.Server.Tests", "npm");

    /// <summary>Installs the client in a folder.</summary>
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

    /// <summary>Runs a program in the folder that the client is in.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string program, string[] arguments, string folder, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        start.Environment["NODE_OPTIONS"] = $"--import={new Uri(Path.Combine(Own, "node18.mjs")).AbsoluteUri} --no-warnings";
        start.Environment["REPLICATE_FROM"] = folder;
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
