using System.Buffers;
using System.Text.RegularExpressions;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Tidying;

/// <summary>Tidies lyrics copied from the web: the model's own tags, without time stamps and Markdown, and with ordinary line breaks.</summary>
/// <param name="tags">The model's tags.</param>
internal sealed partial class LyricTidier(IReadOnlyList<string> tags)
{
    /// <summary>Line breaks that the model does not know: line and paragraph separators, vertical tabs, form feeds, lone carriage returns.</summary>
    private const string OtherBreaks = "\u2028\u2029\u0085\v\f\r";

    private static readonly SearchValues<char> OtherBreakSearch = SearchValues.Create(OtherBreaks);

    /// <summary>Tidies a line. Returns the lines that it becomes, each with its change; none if nothing of it is sung.</summary>
    /// <param name="line">The line as written, without its line feed.</param>
    /// <param name="removed">Why nothing is left; null if the line was blank.</param>
    public IReadOnlyList<(string Text, LyricWarning? Change)> Tidy(string line, out LyricWarning? removed)
    {
        removed = null;
        List<(string Text, LyricWarning? Change)> lines = [];
        string[] parts = line.Split(OtherBreaks.ToCharArray(), StringSplitOptions.RemoveEmptyEntries);
        foreach (string part in parts.Select(TextRules.Strip))
        {
            string text = WithoutLyricsFile(part);
            if (part.Length > 0 && (text.Length == 0 || Markdown.IsOnlyMarks(text)))
            {
                removed ??= new LyricWarning(LyricWarningKind.Tidied, $"it contains nothing to sing and is left out: \"{Shorten(part)}\"");
                continue;
            }

            foreach (string tidied in WithModelTags(text))
            {
                lines.Add((tidied, tidied == TextRules.Strip(line) ? null : new LyricWarning(LyricWarningKind.Tidied, $"it was written \"{Shorten(part)}\"")));
            }
        }

        if (lines.Count > 0)
        {
            removed = null;
        }
        else if (removed is null)
        {
            lines.Add(("", null));
        }

        return lines;
    }

    /// <summary>Whether a line has a line break that the model does not know.</summary>
    public static bool HasOtherBreak(string line) => line.AsSpan().ContainsAny(OtherBreakSearch);

    /// <summary>Whether a line has the time stamps or notes of a lyrics file (LRC).</summary>
    public static bool IsLyricsFile(string line) => Stamps().IsMatch(line) || Note().IsMatch(line);

    /// <summary>Puts a tag on a line of its own, as in the model's training data.</summary>
    private IEnumerable<string> WithModelTags(string text)
    {
        if (TagReading.Of(text) is not { } reading)
        {
            return [Markdown.WithoutMarks(text)];
        }

        if (reading.Tag is not { } tag || !tags.Contains(tag))
        {
            return [Markdown.WithoutMarks(text)];
        }

        return reading.Rest.Length > 0 ? [tag, reading.Rest]
            : text.Equals(tag, StringComparison.OrdinalIgnoreCase) ? [text]
            : [tag];
    }

    private static string WithoutLyricsFile(string line) => Note().IsMatch(line) ? "" : TextRules.Strip(Words().Replace(Stamps().Replace(line, ""), ""));

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";

    /// <summary>[00:12.34] at the start of a line; several of them if the line is sung several times.</summary>
    [GeneratedRegex(@"^(\s*\[[0-9]{1,3}:[0-9]{2}([.:][0-9]{1,3})?\])+", RegexOptions.CultureInvariant)]
    private static partial Regex Stamps();

    /// <summary>&lt;00:12.34&gt; before a word.</summary>
    [GeneratedRegex(@"<[0-9]{1,3}:[0-9]{2}([.:][0-9]{1,3})?>\s*", RegexOptions.CultureInvariant)]
    private static partial Regex Words();

    /// <summary>[ar:Artist] and other information about the song.</summary>
    [GeneratedRegex(@"^\[(ti|ar|al|au|by|re|ve|la|id|tool|offset|length|#):[^\]]*\]\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Note();
}

/// <summary>Removes Markdown from lyrics that were copied from a page or a chat.</summary>
internal static class Markdown
{
    private static readonly string[] Emphasis = ["***", "**", "__", "*", "_", "`"];

    /// <summary>Whether a line is only a horizontal rule or the fence of a code block.</summary>
    public static bool IsOnlyMarks(string line) =>
        line.StartsWith("```", StringComparison.Ordinal)
        || (line.Length >= 3 && line[0] is '-' or '*' or '_' && line.All(character => character == line[0] || character == ' ') && line.Count(character => character != ' ') >= 3);

    /// <summary>A line without the marks of a heading or quotation before it, and without emphasis around or in it.</summary>
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

        // In the middle of a line, only marks that cannot mean anything else.
        return bare.Replace("**", "", StringComparison.Ordinal).TrimEnd('\\').TrimEnd();
    }
}
