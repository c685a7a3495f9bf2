namespace AceStep.Lyrics.Segmentation;

/// <summary>Paired tags: <c>(&lt;([a-zA-Z|-]*)&gt;(.*?)&lt;\/*[a-zA-Z|-]*&gt;)</c>.</summary>
internal sealed class TagRule() : MaskRule("$1")
{
    protected override bool TryFind(ReadOnlySpan<int> text, int from, out MaskMatch match)
    {
        for (int open = from; open < text.Length; open++)
        {
            if (text[open] != '<' || !TryReadName(text, open + 1, out int nameEnd))
            {
                continue;
            }

            int content = nameEnd + 1;
            for (int close = content; close < text.Length && text[close] != '\n'; close++)
            {
                if (text[close] != '<')
                {
                    continue;
                }

                int name = close + 1;
                while (name < text.Length && text[name] == '/')
                {
                    name++;
                }

                if (TryReadName(text, name, out int end))
                {
                    match = new MaskMatch(open..(end + 1), (open + 1)..nameEnd, content..close);
                    return true;
                }
            }

            // Every later opening tag would have closed this one: none is left, unless behind a line's end.
            int lineEnd = text[content..].IndexOf('\n');
            open = lineEnd < 0 ? text.Length : content + lineEnd;
        }

        match = default;
        return false;
    }

    protected override bool IsSkipped(ReadOnlySpan<int> text, MaskMatch match) =>
        base.IsSkipped(text, match) && match.Name.Start.Equals(match.Name.End) && match.Content.Start.Equals(match.Content.End);

    private static bool TryReadName(ReadOnlySpan<int> text, int from, out int end)
    {
        end = from;
        while (end < text.Length && (text[end] < 0x80 && char.IsAsciiLetter((char)text[end]) || text[end] is '|' or '-'))
        {
            end++;
        }

        return end < text.Length && text[end] == '>';
    }
}
