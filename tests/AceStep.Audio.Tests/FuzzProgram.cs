using System.Diagnostics;
using System.Globalization;

namespace AceStep.Audio.Tests;

/// <summary>Runs AceStep.Audio.Fuzz in a process of its own.</summary>
internal static class FuzzProgram
{
    /// <summary>Where no libsndfile is.</summary>
    public static string NoLibrary { get; } = Path.Combine(Path.GetTempPath(), "no-such-library.so");

    /// <summary>Damages files of a kind and reads them; returns the exit status, the last case and the errors.</summary>
    public static (int ExitCode, string LastCase, string Errors) Run(string kind, int count, string? library = null)
    {
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        string program = Path.Combine(AppContext.BaseDirectory, "AceStep.Audio.Fuzz.dll");
        var start = new ProcessStartInfo(host, ["exec", program, kind, "0", count.ToString(CultureInfo.InvariantCulture)])
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
        process.OutputDataReceived += (_, line) => lastCase = line.Data ?? lastCase;
        process.BeginOutputReadLine();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, lastCase, errors);
    }
}
