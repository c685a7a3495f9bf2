using System.Diagnostics;

namespace AceStep.Package.Tests;

/// <summary>Runs the .NET SDK, and what it has installed.</summary>
internal static class Dotnet
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>The folder of the .NET that runs this test.</summary>
    public static string Root => AceStepProgram.DotnetRoot;

    /// <summary>The folder that NuGet keeps packages in on this machine.</summary>
    public static string Packages { get; } = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } folder
        ? folder
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>Runs the SDK in a folder and asserts that it succeeds.</summary>
    public static string Run(string folder, string[] arguments, params (string Name, string Value)[] environment) =>
        Start(AceStepProgram.Dotnet, folder, arguments, environment).Returning(0).Output;

    /// <summary>Runs a program in a folder to its end.</summary>
    public static Outcome Start(string program, string folder, string[] arguments, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(program, arguments) { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in start.Environment.Keys.Where(IsOurs).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in (ReadOnlySpan<(string, string)>)
            [("DOTNET_ROOT", Root), ("DOTNET_NOLOGO", "1"), ("DOTNET_CLI_TELEMETRY_OPTOUT", "1"), ("DOTNET_CLI_UI_LANGUAGE", "en"), ("DOTNET_GENERATE_ASPNET_CERTIFICATE", "false"), ("MSBUILDDISABLENODEREUSE", "1"), .. environment])
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Longest))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', arguments)} has not ended within {Longest}.");
        }

        return new Outcome($"{program} {string.Join(' ', arguments)}", process.ExitCode, output.Result, errors.Result);
    }

    /// <summary>What the test's own SDK and this project's settings put into the environment.</summary>
    private static bool IsOurs(string name) =>
        name.StartsWith("ACESTEP_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase);
}

/// <summary>How a program ended, and what it wrote.</summary>
internal sealed record Outcome(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>Asserts how the program ended; shows what it wrote if otherwise.</summary>
    public Outcome Returning(int exitCode)
    {
        Assert.That(ExitCode, Is.EqualTo(exitCode), $"{Command}\nstandard output:\n{Output}\nstandard error:\n{Error}");
        return this;
    }
}
