using System.CommandLine;

namespace AceStep.Cli.Options;

/// <summary>The switches that every command has for what it says.</summary>
internal static class ReportOptions
{
    /// <summary>One JSON object instead of words.</summary>
    public static Option<bool> Json { get; } = new("--json") { Description = "Write one JSON object to standard output; everything else goes to standard error." };

    /// <summary>No words but warnings and errors.</summary>
    public static Option<bool> Quiet { get; } = new("--quiet") { Description = "Write nothing but warnings and errors." };
}
