using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using AceStep.Cli.Options;
using Spectre.Console;

namespace AceStep.Cli.Terminal;

/// <summary>
/// The program's output. Messages and results are written to standard output, warnings and errors to standard error. With
/// <c>--json</c>, standard output has one JSON object, and everything else is written to standard error. If the song itself
/// is written to standard output, all of this is written to standard error.
/// </summary>
internal sealed class Screen
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,

        // Measurements should not be NaN or infinite; if one is, the rest of the report is still written.
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

    /// <summary>The terminal for messages; null if they are written to a file or pipe, or not at all.</summary>
    public IAnsiConsole? Rich { get; }

    /// <summary>The screen for a command line.</summary>
    public static Screen For(ParseResult result) => new(IsOn(result, ReportOptions.Json), IsOn(result, ReportOptions.Quiet), OutputOptions.IsStandardOutput(result));

    /// <summary>Writes a message.</summary>
    public void Line(string text = "")
    {
        if (!IsQuiet)
        {
            _messages.WriteLine(Printable(text));
        }
    }

    /// <summary>Writes a table: drawn on a terminal, or otherwise a line for each row.</summary>
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

    /// <summary>Runs work and shows its progress.</summary>
    public Task<T> ShowProgressAsync<T>(Func<IProgress<MusicProgress>, Task<T>> work)
    {
        IProgressView view = Rich is null || Rich.Profile.Width < BarProgressView.NarrowestWidth ? new LineProgressView(Line) : new BarProgressView(Rich);
        return view.RunAsync(work);
    }

    /// <summary>Writes the result as JSON.</summary>
    public void WriteJson<T>(T value) => _results.WriteLine(JsonSerializer.Serialize(value, Json));

    /// <summary>Writes a warning.</summary>
    public static void Warn(string text) => Console.Error.WriteLine($"warning: {Printable(text)}");

    /// <summary>Writes an error.</summary>
    public void Fail(string message, int exitCode)
    {
        Console.Error.WriteLine($"error: {Printable(message)}");
        if (!IsJson)
        {
            return;
        }

        try
        {
            WriteJson(new { Error = message, ExitCode = exitCode });
        }
        catch (IOException)
        {
            // Writing this output may itself be what fails, for example on a full disk.
        }
    }

    /// <summary>Whether a switch is on; false if the command does not have it.</summary>
    private static bool IsOn(ParseResult result, Option<bool> option) => result.GetResult(option) is { Implicit: false } given && given.GetValueOrDefault<bool>();

    /// <summary>Removes control characters, with which names and tags from files could control the terminal.</summary>
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

/// <summary>A table of text, which is drawn on a terminal and written as plain lines elsewhere.</summary>
/// <param name="columns">The titles of the columns; none for a list of names and values.</param>
internal sealed class TextTable(params string[] columns)
{
    private readonly List<string[]> _rows = [];

    private bool IsList => columns.Length == 0;

    /// <summary>Adds a row with a cell for each column, or two for a list.</summary>
    public void Add(params string[] cells) => _rows.Add([.. cells.Select(Screen.Printable)]);

    /// <summary>Converts it to a table with borders, as wide as the terminal.</summary>
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

    /// <summary>Converts it to a line for each row: "name: value" for a list, otherwise cells in columns.</summary>
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
