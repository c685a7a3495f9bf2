namespace AceStep.Cli.Options;

/// <summary>The switches of a command that has no other output options.</summary>
internal sealed class ReportGroup : OptionGroup
{
    public ReportGroup()
        : base("Output")
    {
        Add(ReportOptions.Json);
        Add(ReportOptions.Quiet);
    }
}
