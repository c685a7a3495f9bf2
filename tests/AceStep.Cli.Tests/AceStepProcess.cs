using System.Diagnostics;
using System.Text.Json;

namespace AceStep.Cli.Tests;

/// <summary>The built program, run as a process of its own.</summary>
internal static class AceStepProcess
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>Runs the program to its end.</summary>
    public static ProcessResult Run(params string[] arguments) => Run(arguments, input: null);

    /// <summary>Runs the program to its end, with text on its standard input and other variables in its environment.</summary>
    public static ProcessResult Run(string[] arguments, string? input, params (string Name, string Value)[] environment) =>
        Finish(Start(arguments, environment), arguments, input);

    /// <summary>Runs the program to its end where no file may grow beyond a size, as on a full disk.</summary>
    public static ProcessResult RunWithFilesUpTo(int kilobytes, params string[] arguments)
    {
        // Without the signal, writing fails with an error; .NET's own mapped files have to stay out of it.
        string[] command = ["bash", "-c", $"trap '' XFSZ; ulimit -f {kilobytes}; exec \"$@\"", "limited", .. AceStepProgram.Command(arguments)];
        return Finish(StartCommand(command, ("DOTNET_EnableWriteXorExecute", "0")), arguments, input: null);
    }

    /// <summary>As <see cref="RunWithFilesUpTo"/>, from the moment on in which libtorch is loaded.</summary>
    public static ProcessResult RunComputingWithFilesUpTo(int kilobytes, params string[] arguments)
    {
        (string Name, string Value)[] environment =
        [
            ("DOTNET_STARTUP_HOOKS", typeof(StartupHook).Assembly.Location),
            (StartupHook.LimitVariable, $"{kilobytes * 1024}"),
            ("DOTNET_EnableWriteXorExecute", "0"),
        ];
        return Finish(StartCommand(AceStepProgram.Command(arguments), environment), arguments, input: null);
    }

    /// <summary>Runs the program to its end with its standard streams where a shell puts them: "&gt; /dev/full", "&lt;&amp;-".</summary>
    public static ProcessResult RunRedirected(string redirection, params string[] arguments) =>
        Finish(StartCommand(["bash", "-c", $"exec \"$@\" {redirection}", "redirected", .. AceStepProgram.Command(arguments)]), arguments, input: null);

    private static ProcessResult Finish(Process started, string[] arguments, string? input)
    {
        using Process process = started;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        Feed(process, input);
        if (!process.WaitForExit(Longest))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"acestep {string.Join(' ', arguments)} has not ended within {Longest}.");
        }

        return new ProcessResult(process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Writes to the program's standard input; it need not read all of it.</summary>
    private static void Feed(Process process, string? input)
    {
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            TestContext.Out.WriteLine("The program stopped reading.");
        }
    }

    /// <summary>Starts the program and leaves it running.</summary>
    public static Process Start(string[] arguments, params (string Name, string Value)[] environment) => StartCommand(AceStepProgram.InterruptibleCommand(arguments), environment);

    /// <summary>Runs the program to its end on a terminal.</summary>
    /// <returns>What it wrote, control codes included.</returns>
    public static string RunOnTerminal(string[] arguments, int columns = 120)
    {
        Tool.Require("script");
        string line = string.Join(' ', AceStepProgram.Command(arguments).Select(argument => $"'{argument}'"));
        using Process process = StartCommand(["script", "-qec", $"stty cols {columns}; {line}", "/dev/null"], ("TERM", "xterm-256color"));
        process.StandardInput.Close();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, output);
        return output;
    }

    private static Process StartCommand(string[] command, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = AceStepProgram.StartInfo(command, environment);
        start.WorkingDirectory = TestContext.CurrentContext.WorkDirectory;
        return Process.Start(start)!;
    }
}

/// <summary>What a run of the program returned and wrote.</summary>
internal sealed record ProcessResult(int ExitCode, string Output, string Error)
{
    /// <summary>The one JSON object on standard output.</summary>
    public JsonElement Json
    {
        get
        {
            using JsonDocument document = JsonDocument.Parse(Output);
            return document.RootElement.Clone();
        }
    }

    /// <summary>Asserts how the program ended; shows what it wrote if otherwise.</summary>
    public ProcessResult Returning(int exitCode)
    {
        Assert.That(ExitCode, Is.EqualTo(exitCode), $"standard output:\n{Output}\nstandard error:\n{Error}");
        return this;
    }
}
