using System.CommandLine;
using System.CommandLine.Parsing;
using AceStep.Cli.Checkpoints;
using AceStep.Cli.Doctor;
using AceStep.Cli.Listening;
using AceStep.Cli.Lyrics;
using AceStep.Cli.Options;
using AceStep.Cli.Serve;
using AceStep.Cli.Tasks;
using AceStep.Cli.Terminal;

namespace AceStep.Cli;

/// <summary>Creates the program's commands and runs one of them.</summary>
internal static class CommandLine
{
    /// <summary>Parses the arguments and runs the command that they name.</summary>
    /// <returns>The exit code.</returns>
    public static Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        // Response files are switched off, since a prompt may begin with @.
        ParseResult result = Create().Parse(arguments, new ParserConfiguration { EnablePosixBundling = false, ResponseFileTokenReplacer = null });
        return result.Errors.Count == 0 || result.Action is GroupedHelp
            ? result.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, cancellationToken)
            : Task.FromResult(Refuse(result));
    }

    private static RootCommand Create()
    {
        RootCommand root = new("Makes music with the ACE-Step v1 model. 'acestep COMMAND --help' explains a command and its options.");
        Command[] commands = [.. RequestSchema.All.Select(schema => new TaskCommand(schema)), new ServeCommand(), new WorkerCommand(), new LyricsCommand(), new InspectCommand(), new InfoCommand(), new DownloadCommand(), new ModelsCommand(), new DoctorCommand()];
        foreach (Command command in commands)
        {
            root.Add(command);
        }

        GroupedHelp.Install(root);
        return root;
    }

    private static int Refuse(ParseResult result)
    {
        Command command = result.CommandResult.Command;
        string path = command is RootCommand ? "acestep" : $"acestep {command.Name}";
        IEnumerable<string> messages = result.Errors.Select((ParseError error) => error.Message).Concat(Suggestions.For(result)).Append($"'{path} --help' explains the options.");
        Screen.For(result).Fail(string.Join(Environment.NewLine, messages), ExitCodes.Usage);
        return ExitCodes.Usage;
    }
}

/// <summary>A command of the program: has its options in groups, and handles errors in the same way for all commands.</summary>
internal abstract class CliCommand : Command
{
    private readonly List<OptionGroup> _groups = [];

    protected CliCommand(string name, string description)
        : base(name, description) => SetAction(InvokeAsync);

    /// <summary>The groups of options in the help.</summary>
    public IReadOnlyList<OptionGroup> Groups => _groups;

    /// <summary>Examples for the help.</summary>
    public virtual IReadOnlyList<string> Examples => [];

    /// <summary>Runs the command.</summary>
    /// <returns>The exit code.</returns>
    protected abstract Task<int> RunAsync(ParseResult result, Screen screen, CancellationToken cancellationToken);

    /// <summary>The option for a field of a request; null if there is none.</summary>
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
