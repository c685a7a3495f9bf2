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
        _options.Add(option);
        return option;
    }
}
