using Spectre.Console;

namespace AceStep.Cli.Terminal;

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
