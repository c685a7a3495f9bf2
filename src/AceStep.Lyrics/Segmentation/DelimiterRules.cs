using AceStep.Lyrics.Text;

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

            // A later opening tag in this line would have closed this one, so the next tag can only be after the end of the line.
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

/// <summary>Straight quotes: <c>(["'])(.*?)(\1)</c>.</summary>
internal sealed class StraightQuoteRule() : MaskRule("$3")
{
    protected override bool TryFind(ReadOnlySpan<int> text, int from, out MaskMatch match)
    {
        // Whether a quote of this kind is known to have no partner in the rest of the line.
        Span<bool> single = stackalloc bool['\'' + 1];
        for (int open = from; open < text.Length; open++)
        {
            int quote = text[open];
            if (quote is '\n')
            {
                single.Clear();
            }

            if (quote is not ('"' or '\'') || single[quote])
            {
                continue;
            }

            int content = open + 1;
            int length = text[content..].IndexOfAny(quote, '\n');
            if (length >= 0 && text[content + length] == quote)
            {
                int close = content + length;
                match = new MaskMatch(open..(close + 1), open..open, content..close);
                return true;
            }

            single[quote] = true;
        }

        match = default;
        return false;
    }
}

/// <summary>
/// Paired quotes and brackets:
/// <c>([\n]*[【《（(“‘])([^【《（(“‘’”)）》】]{3,})([’”)）》】][\W\s]*[\n]{0,1})</c>.
/// </summary>
internal sealed class PairedQuoteRule() : MaskRule("$4")
{
    private const int LeastContent = 3;

    protected override bool TryFind(ReadOnlySpan<int> text, int from, out MaskMatch match)
    {
        int open = -1;
        for (int position = from; position < text.Length; position++)
        {
            if (IsOpening(text[position]))
            {
                open = position;
            }
            else if (IsClosing(text[position]))
            {
                if (open >= 0 && position - open > LeastContent)
                {
                    match = new MaskMatch(open..EndOfMatch(text, position), open..open, (open + 1)..position);
                    return true;
                }

                open = -1;
            }
        }

        match = default;
        return false;
    }

    /// <summary>
    /// For every match that it has found, the original searches the changed text again and replaces the first match there.
    /// Since keys have no brackets, brackets around replaced ones then match too. One pass with a stack of open brackets
    /// finds the same places.
    /// </summary>
    protected override int[] Replace(int[] text, List<MaskMatch> matches, int[][] keys)
    {
        var masked = new List<int>(text.Length);
        var brackets = new Stack<(int Position, bool Opening)>();
        int used = 0;
        int from = 0;
        while (from < text.Length && used < keys.Length)
        {
            int codePoint = text[from++];
            if (IsClosing(codePoint) && brackets.TryPeek(out (int Position, bool Opening) last) && last.Opening
                && masked.Count - last.Position > LeastContent)
            {
                brackets.Pop();
                masked.RemoveRange(last.Position, masked.Count - last.Position);
                masked.AddRange(keys[used++]);
                from = EndOfMatch(text, from - 1);
                continue;
            }

            if (IsOpening(codePoint) || IsClosing(codePoint))
            {
                brackets.Push((masked.Count, IsOpening(codePoint)));
            }

            masked.Add(codePoint);
        }

        masked.AddRange(text.AsSpan(from));
        return [.. masked];
    }

    // The end of the closing bracket and of the non-word characters after it.
    private static int EndOfMatch(ReadOnlySpan<int> text, int close)
    {
        int end = close + 1;
        while (end < text.Length && !TextRules.IsWord(text[end]))
        {
            end++;
        }

        return end;
    }

    private static bool IsOpening(int codePoint) => codePoint is '【' or '《' or '（' or '(' or '“' or '‘';

    private static bool IsClosing(int codePoint) => codePoint is '’' or '”' or ')' or '）' or '》' or '】';
}
