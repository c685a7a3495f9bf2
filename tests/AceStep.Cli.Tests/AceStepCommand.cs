using System.Globalization;

namespace AceStep.Cli.Tests;

/// <summary>
/// A command of the program as a call in this process: for what does not depend on a process of its own, which takes longer
/// to start, to load libtorch and to compile than a short song takes.
/// </summary>
internal static class AceStepCommand
{
    static AceStepCommand() => Environment.SetEnvironmentVariable("ACESTEP_CHECKPOINT", null);

    /// <summary>Runs a command to its end.</summary>
    public static ProcessResult Run(params string[] arguments)
    {
        (TextWriter output, TextWriter error, CultureInfo culture) = (Console.Out, Console.Error, CultureInfo.CurrentCulture);
        using StringWriter written = new(CultureInfo.InvariantCulture);
        using StringWriter complained = new(CultureInfo.InvariantCulture);
        try
        {
            Console.SetOut(written);
            Console.SetError(complained);
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            int exitCode = CommandLine.RunAsync(arguments, CancellationToken.None).GetAwaiter().GetResult();
            return new ProcessResult(exitCode, written.ToString(), complained.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
            CultureInfo.CurrentCulture = culture;
        }
    }
}
