using System.Diagnostics;
using NUnit.Framework;

namespace AceStep.Testing;

/// <summary>
/// Runs other people's programs, so that results are checked by something that is not ours. What a machine lacks of them
/// skips a test, and never fails it; eng/setup.sh --tests installs them.
/// </summary>
public static class Tool
{
    /// <summary>Runs a program and returns what it printed; skips the test where the program is not installed.</summary>
    public static string Run(string program, params string[] arguments)
    {
        Require(program);
        (int exitCode, string output, string errors) = RunInstalled(program, arguments);
        Assert.That(exitCode, Is.Zero, $"{program} {string.Join(' ', arguments)}: {errors}");
        return output + errors;
    }

    /// <summary>Skips the test where a program is not installed.</summary>
    public static void Require(string program)
    {
        if (!IsInstalled(program))
        {
            Assert.Ignore($"{program} is not installed.");
        }
    }

    /// <summary>Skips the test where sox is not installed, or cannot read or write a format: some come in packages of their own.</summary>
    /// <param name="format">The extension of the format's files, without a dot.</param>
    /// <param name="writes">Whether sox is to write it, rather than to read it.</param>
    public static void RequireSox(string format, bool writes)
    {
        Require("sox");
        // Its exit status is 1 whether it knows the format or not.
        string[] lines = RunInstalled("sox", ["--help-format", format]).Output.Split('\n');
        string answer = writes ? "Writes:" : "Reads:";
        if (!lines.Any(line => line.StartsWith(answer, StringComparison.Ordinal) && line.AsSpan(answer.Length).Trim() is not "no"))
        {
            Assert.Ignore($"This sox cannot {(writes ? "write" : "read")} {format} (Debian: libsox-fmt-mp3 and others).");
        }
    }

    /// <summary>Whether a program is on the path.</summary>
    public static bool IsInstalled(string program) => PathOf(program) is not null;

    /// <summary>Where a program is; null where it is not on the path.</summary>
    public static string? PathOf(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static (int ExitCode, string Output, string Errors) RunInstalled(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.Result);
    }
}
