using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using AceStep.Cli.Options;
using Spectre.Console;

namespace AceStep.Cli.Terminal;

/// <summary>
/// Where the program writes. Messages and results go to standard output, warnings and errors to standard error; with
/// <c>--json</c>, standard output has one JSON object and everything else goes to standard error. Where standard output has the
/// song itself, all of that goes to standard error.
/// </summary>
internal sealed class Screen
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,

        // Nothing that is measured should be NaN or infinite; what is so all the same does not cost the whole report.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly TextWriter _messages;
    private readonly TextWriter _results;

    private Screen(bool isJson, bool isQuiet, bool isSongOnOutput)
    {
        IsJson = isJson;
        IsQuiet = isQuiet;
        _results = isSongOnOutput ? Console.Error : Console.Out;
        bool isOutputTaken = isJson || isSongOnOutput;
        _messages = isOutputTaken ? Console.Error : Console.Out;
        bool isTerminal = !(isOutputTaken ? Console.IsErrorRedirected : Console.IsOutputRedirected);
        Rich = isTerminal && !isQuiet ? AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(_messages) }) : null;
    }

    /// <summary>Whether the result is one JSON object.</summary>
    public bool IsJson { get; }

    /// <summary>Whether messages are left out.</summary>
    public bool IsQuiet { get; }

    /// <summary>The terminal that messages go to; null where they are plain lines in a file or pipe, or not wanted.</summary>
    public IAnsiConsole? Rich { get; }

    /// <summary>The screen that a command line asks for.</summary>
    public static Screen For(ParseResult result) => new(IsOn(result, ReportOptions.Json), IsOn(result, ReportOptions.Quiet), OutputOptions.IsStandardOutput(result));

    /// <summary>A message.</summary>
    public void Line(string text = "")
    {
        if (!IsQuiet)
        {
            _messages.WriteLine(Printable(text));
        }
    }

    /// <summary>A table: drawn on a terminal, else a line for each row.</summary>
    public void Table(TextTable table)
    {
        if (Rich is not null)
        {
            Rich.Write(table.ToSpectre());
            return;
        }

        foreach (string line in table.ToLines())
        {
            Line(line);
        }
    }

    /// <summary>Runs work and shows how far it has come.</summary>
    public Task<T> ShowProgressAsync<T>(Func<IProgress<MusicProgress>, Task<T>> work)
    {
        IProgressView view = Rich is null || Rich.Profile.Width < BarProgressView.NarrowestWidth ? new LineProgressView(Line) : new BarProgressView(Rich);
        return view.RunAsync(work);
    }

    /// <summary>The result, as the one JSON object of the run.</summary>
    public void WriteJson<T>(T value) => _results.WriteLine(JsonSerializer.Serialize(value, Json));

    /// <summary>Something that is not as it should be, and does not keep the work from being done.</summary>
    public static void Warn(string text) => Console.Error.WriteLine($"warning: {Printable(text)}");

    /// <summary>Why the work was not done.</summary>
    public void Fail(string message, int exitCode)
    {
        Console.Error.WriteLine($"error: {Printable(message)}");
        if (IsJson)
        {
            WriteJson(new { Error = message, ExitCode = exitCode });
        }
    }

    /// <summary>Whether a switch is on; a command that lacks it has it off.</summary>
    private static bool IsOn(ParseResult result, Option<bool> option) => result.GetResult(option) is { Implicit: false } given && given.GetValueOrDefault<bool>();

    /// <summary>Text without what could command a terminal: names and tags come from files that others wrote.</summary>
    public static string Printable(string text)
    {
        if (!text.Any(IsCommand))
        {
            return text;
        }

        StringBuilder printable = new(text.Length);
        foreach (char character in text)
        {
            printable.Append(IsCommand(character) ? '\uFFFD' : character);
        }

        return printable.ToString();

        static bool IsCommand(char character) => char.IsControl(character) && character is not ('\n' or '\r' or '\t');
    }
}

/// <summary>A table of text that is drawn on a terminal and becomes plain lines elsewhere.</summary>
/// <param name="columns">The columns' titles; none for a list of names and values.</param>
internal sealed class TextTable(params string[] columns)
{
    private readonly List<string[]> _rows = [];

    private bool IsList => columns.Length == 0;

    /// <summary>Adds a row of as many cells as there are columns; two for a list.</summary>
    public void Add(params string[] cells) => _rows.Add([.. cells.Select(Screen.Printable)]);

    /// <summary>The table with borders, as wide as the terminal allows.</summary>
    public Table ToSpectre()
    {
        Table table = new() { Border = TableBorder.Rounded, ShowHeaders = !IsList };
        foreach (string title in IsList ? ["", ""] : columns)
        {
            table.AddColumn(new TableColumn(new Text(title, new Style(decoration: Decoration.Bold))));
        }

        foreach (string[] row in _rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        return table;
    }

    /// <summary>One line a row: "name: value" for a list, else cells in columns.</summary>
    public IEnumerable<string> ToLines()
    {
        if (IsList)
        {
            return _rows.Select(row => $"{row[0]}: {row[1]}");
        }

        string[][] lines = [columns, .. _rows];
        int[] widths = [.. Enumerable.Range(0, columns.Length).Select(column => lines.Max(line => line[column].Length))];
        return lines.Select(line => string.Join("  ", line.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}
