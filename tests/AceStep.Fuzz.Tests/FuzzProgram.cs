using System.Diagnostics;
using AceStep.Audio;

namespace AceStep.Fuzz.Tests;

/// <summary>Runs AceStep.Fuzz in a process of its own.</summary>
internal static class FuzzProgram
{
    /// <summary>Where no libsndfile is.</summary>
    public static string NoLibrary { get; } = Path.Combine(Path.GetTempPath(), "no-such-library.so");

    /// <summary>Runs a command; returns the exit status, the last line of its output, which names the case, and the errors.</summary>
    public static (int ExitCode, string LastCase, string Errors) Run(string[] arguments, string? library = null)
    {
        bool isSound = arguments[0] == "sound";
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string program = Path.Combine(AppContext.BaseDirectory, "AceStep.Fuzz.dll");
        var start = new ProcessStartInfo(host, ["exec", program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (library is not null)
        {
            start.Environment[AudioLibrary.EnvironmentVariable] = library;
        }

        using Process process = Process.Start(start)!;
        string lastCase = "none";
        List<string> words = [];
        process.OutputDataReceived += (_, line) =>
        {
            // The program's own lines are the numbers of cases; of a target's run, the names of its corpus too.
            if (line.Data is { } text && isSound && !text.All(char.IsAsciiDigit))
            {
                words.Add(text);
            }
            else
            {
                lastCase = line.Data ?? lastCase;
            }
        };
        process.BeginOutputReadLine();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.That(words.Take(10), Is.Empty, "native code prints nothing on standard output");
        return (process.ExitCode, lastCase, errors);
    }

    /// <summary>Asserts that a run has come to its last case and that nothing but the program has spoken.</summary>
    public static void AssertKept((int ExitCode, string LastCase, string Errors) run, int lastCase)
    {
        string tail = string.Join(Environment.NewLine, run.Errors.Split('\n').TakeLast(30));
        TestContext.Out.WriteLine(tail);
        Assert.That(run.ExitCode, Is.Zero, $"last case: {run.LastCase}; {tail}");
        Assert.That(run.LastCase, Is.EqualTo($"{lastCase}"));
        Assert.That(run.Errors.Trim().Split('\n'), Has.Length.EqualTo(1), "native libraries keep silent: only the program's own line");
    }
}
