namespace AceStep.Lyrics.Tidying;

/// <summary>Markdown around lyrics that were copied from a page or a chat.</summary>
internal static class Markdown
{
    private static readonly string[] Emphasis = ["***", "**", "__", "*", "_", "`"];

    /// <summary>Whether a line is nothing but a rule or the fence of a block.</summary>
    public static bool IsOnlyMarks(string line) =>
        line.StartsWith("```", StringComparison.Ordinal)
        || (line.Length >= 3 && line[0] is '-' or '*' or '_' && line.All(character => character == line[0] || character == ' ') && line.Count(character => character != ' ') >= 3);

    /// <summary>A line without a heading's or a quotation's marks before it, and without emphasis around or in it.</summary>
    public static string WithoutMarks(string line)
    {
        string bare = line;
        if (bare.StartsWith('#') && bare.TrimStart('#') is var heading && heading.StartsWith(' ') && bare.Length - heading.Length <= 6)
        {
            bare = heading.Trim();
        }
        else if (bare.StartsWith("> ", StringComparison.Ordinal))
        {
            bare = bare[2..].TrimStart();
        }

        foreach (string mark in Emphasis)
        {
            if (bare.Length > 2 * mark.Length && bare.StartsWith(mark, StringComparison.Ordinal) && bare.EndsWith(mark, StringComparison.Ordinal))
            {
                bare = bare[mark.Length..^mark.Length].Trim();
            }
        }

        // In the middle of a line only what cannot be anything else.
        return bare.Replace("**", "", StringComparison.Ordinal).TrimEnd('\\').TrimEnd();
    }
}
