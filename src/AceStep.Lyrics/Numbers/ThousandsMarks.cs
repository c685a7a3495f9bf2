using System.Text;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Numbers;

/// <summary>
/// Removes thousands' separators from numbers: 1,000.5 becomes 1000.5 in English and Russian, 1.000,5 becomes 1000,5 in
/// other languages. Matches digits of every script.
/// </summary>
internal static class ThousandsMarks
{
    /// <summary>
    /// Deletes commas in each <c>\b\d{1,3}(,\d{3})*(\.\d+)?\b</c>, or full stops in each
    /// <c>\b\d{1,3}(.\d{3})*(\,\d+)?\b</c>, where the unescaped stop matches any character, as in the original.
    /// </summary>
    public static string Remove(string text, bool commas)
    {
        char mark = commas ? ',' : '.';
        if (!text.Contains(mark, StringComparison.Ordinal))
        {
            return text;
        }

        int[] codePoints = CodePoints.Of(text);
        var result = new StringBuilder(text.Length);
        for (int position = 0; position < codePoints.Length;)
        {
            int end = IsBoundary(codePoints, position) && TextRules.IsDigit(codePoints[position])
                ? EndOfNumber(codePoints, position, commas)
                : -1;
            if (end < 0)
            {
                CodePoints.Append(result, codePoints[position++]);
                continue;
            }

            for (; position < end; position++)
            {
                if (codePoints[position] != mark)
                {
                    CodePoints.Append(result, codePoints[position]);
                }
            }
        }

        return result.ToString();
    }

    // The position after the match, or -1. As a regular expression would, tries as many digits and groups as possible first,
    // with decimals before without; the first try that ends at a word boundary matches.
    private static int EndOfNumber(ReadOnlySpan<int> text, int start, bool commas)
    {
        for (int first = Math.Min(SkipDigits(text, start, 3), start + 3); first > start; first--)
        {
            int groups = 0;
            while (IsGroup(text, first + 4 * groups, commas))
            {
                groups++;
            }

            for (; groups >= 0; groups--)
            {
                int end = first + 4 * groups;
                int decimals = SkipDecimals(text, end, commas ? '.' : ',');
                if (decimals > end && IsBoundary(text, decimals))
                {
                    return decimals;
                }

                if (IsBoundary(text, end))
                {
                    return end;
                }
            }
        }

        return -1;
    }

    private static bool IsGroup(ReadOnlySpan<int> text, int position, bool commas) =>
        position + 3 < text.Length
        && (commas ? text[position] == ',' : text[position] != '\n')
        && SkipDigits(text, position + 1, 3) == position + 4;

    private static int SkipDecimals(ReadOnlySpan<int> text, int position, char point)
    {
        if (position >= text.Length || text[position] != point)
        {
            return position;
        }

        int end = SkipDigits(text, position + 1, int.MaxValue);
        return end > position + 1 ? end : position;
    }

    private static int SkipDigits(ReadOnlySpan<int> text, int position, int most)
    {
        int end = position;
        while (end < text.Length && end - position < most && TextRules.IsDigit(text[end]))
        {
            end++;
        }

        return end;
    }

    private static bool IsBoundary(ReadOnlySpan<int> text, int position) =>
        (position > 0 && TextRules.IsWord(text[position - 1])) != (position < text.Length && TextRules.IsWord(text[position]));
}
