using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using AceStep.Cli.Options;

namespace AceStep.Cli.Terminal;

/// <summary>The help of a command, with its options in groups. The program's own help stays as it is.</summary>
internal sealed class GroupedHelp : SynchronousCommandLineAction
{
    private const int NarrowestText = 30;
    private const int WidthWithoutTerminal = 120;
    private const string Indent = "  ";

    private readonly HelpAction _default = new();

    private GroupedHelp()
    {
    }

    /// <inheritdoc />
    public override bool ClearsParseErrors => true;

    /// <summary>Replaces the help of a root command.</summary>
    public static void Install(RootCommand root)
    {
        foreach (HelpOption option in root.Options.OfType<HelpOption>())
        {
            option.Action = new GroupedHelp();
        }
    }

    /// <inheritdoc />
    public override int Invoke(ParseResult parseResult)
    {
        if (parseResult.CommandResult.Command is not CliCommand command)
        {
            return _default.Invoke(parseResult);
        }

        Write(command, parseResult.InvocationConfiguration.Output);
        return ExitCodes.Success;
    }

    private static void Write(CliCommand command, TextWriter output)
    {
        output.WriteLine(command.Description);
        output.WriteLine();
        string arguments = string.Concat(command.Arguments.Select(argument => " " + Name(argument)));
        output.WriteLine($"Usage: acestep {command.Name}{arguments} [options]");
        int column = command.Groups.SelectMany(group => group.Options).Select(Name).Concat(command.Arguments.Select(Name)).Max(name => name.Length) + (2 * Indent.Length);
        int width = Console.IsOutputRedirected ? WidthWithoutTerminal : Console.WindowWidth;
        foreach (Argument argument in command.Arguments)
        {
            WriteEntry(output, Name(argument), argument.Description ?? "", column, width);
        }

        foreach (OptionGroup group in command.Groups)
        {
            output.WriteLine();
            output.WriteLine($"{group.Title}:");
            foreach (Option option in group.Options)
            {
                WriteEntry(output, Name(option), option.Description ?? "", column, width);
            }
        }

        if (command.Examples.Count > 0)
        {
            output.WriteLine();
            output.WriteLine("Examples:");
            foreach (string example in command.Examples)
            {
                output.WriteLine(Indent + example);
            }
        }
    }

    private static string Name(Argument argument) => argument.HelpName ?? argument.Name;

    private static string Name(Option option)
    {
        string names = string.Join(", ", option.Aliases.Prepend(option.Name));
        return option.ValueType == typeof(bool) ? names : $"{names} {option.HelpName}";
    }

    private static void WriteEntry(TextWriter output, string name, string description, int column, int width)
    {
        string prefix = (Indent + name).PadRight(column);
        foreach (string line in Wrap(description, Math.Max(NarrowestText, width - column - 1)))
        {
            output.WriteLine(prefix + line);
            prefix = new string(' ', column);
        }
    }

    private static IEnumerable<string> Wrap(string text, int width)
    {
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }

            line = line.Length == 0 ? word : $"{line} {word}";
        }

        yield return line;
    }
}
