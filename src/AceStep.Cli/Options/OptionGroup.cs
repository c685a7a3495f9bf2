using System.CommandLine;

namespace AceStep.Cli.Options;

/// <summary>Options that belong together, under one title in the help.</summary>
internal abstract class OptionGroup(string title)
{
    private readonly List<Option> _options = [];

    /// <summary>The title.</summary>
    public string Title => title;

    /// <summary>The options, in the order of the help.</summary>
    public IReadOnlyList<Option> Options => _options;

    protected TOption Add<TOption>(TOption option)
        where TOption : Option
    {
        // Shells complete the words shown in the help, not the names in C#.
        if (option.HelpName?.Split('|') is { Length: > 1 } words && !option.HelpName.Contains('['))
        {
            option.CompletionSources.Clear();
            option.CompletionSources.Add(words);
        }

        _options.Add(option);
        return option;
    }

    /// <summary>Adds an option after another one of the group.</summary>
    protected TOption AddAfter<TOption>(string name, TOption option)
        where TOption : Option
    {
        _options.Insert(_options.FindIndex(other => other.Name == name) + 1, option);
        return option;
    }
}

/// <summary>The switches for messages, which every command has.</summary>
internal static class ReportOptions
{
    /// <summary>Writes the result as one JSON object.</summary>
    public static Option<bool> Json { get; } = new("--json") { Description = "Write one JSON object to standard output; everything else goes to standard error." };

    /// <summary>Writes no messages except warnings and errors.</summary>
    public static Option<bool> Quiet { get; } = new("--quiet") { Description = "Write nothing but warnings and errors." };
}

/// <summary>The group of these switches, for a command that has no other output options.</summary>
internal sealed class ReportGroup : OptionGroup
{
    public ReportGroup()
        : base("Output")
    {
        Add(ReportOptions.Json);
        Add(ReportOptions.Quiet);
    }
}
