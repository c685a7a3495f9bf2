using System.Diagnostics;

namespace AceStep.Audio.Tests;

/// <summary>Runs other people's audio programs, so that our files are checked by something that is not ours.</summary>
internal static class Tool
{
    /// <summary>Runs a program and returns what it printed; skips the test where the program is not installed.</summary>
    public static string Run(string program, params string[] arguments)
    {
        if (!IsInstalled(program))
        {
            Assert.Ignore($"{program} is not installed.");
        }

        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"{program} {string.Join(' ', arguments)}: {errors.Result}");
        return output + errors.Result;
    }

    public static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => folder.Length > 0 && File.Exists(Path.Combine(folder, program)));
}
