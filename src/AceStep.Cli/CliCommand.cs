using System.CommandLine;
using AceStep.Cli.Options;
using AceStep.Cli.Terminal;

namespace AceStep.Cli;

/// <summary>A command of the program: its options in groups, and one way of failing for all of them.</summary>
internal abstract class CliCommand : Command
{
    private readonly List<OptionGroup> _groups = [];

    protected CliCommand(string name, string description)
        : base(name, description) => SetAction(InvokeAsync);

    /// <summary>The options as the help shows them.</summary>
    public IReadOnlyList<OptionGroup> Groups => _groups;

    /// <summary>A few command lines that work, for the help.</summary>
    public virtual IReadOnlyList<string> Examples => [];

    /// <summary>Does the work.</summary>
    /// <returns>The exit code.</returns>
    protected abstract Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken);

    /// <summary>The option that stands for a field of a request; null where there is none.</summary>
    protected virtual string? OptionOf(string field) => null;

    protected TGroup AddGroup<TGroup>(TGroup group)
        where TGroup : OptionGroup
    {
        _groups.Add(group);
        foreach (Option option in group.Options)
        {
            Add(option);
        }

        return group;
    }

    private async Task<int> InvokeAsync(ParseResult result, CancellationToken cancellationToken)
    {
        Screen screen = Screen.For(result);
        try
        {
            return await RunAsync(result, screen, cancellationToken);
        }
        catch (Exception error)
        {
            (int exitCode, string message) = Failures.Describe(error, OptionOf);
            screen.Fail(message, exitCode);
            return exitCode;
        }
    }
}
