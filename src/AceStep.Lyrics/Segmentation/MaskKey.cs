using System.Globalization;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Segmentation;

/// <summary>
/// The keys that stand for masked pieces in a line: ⑥, a two-character code, six or more digits, ⑥. They are text
/// among text, as in the original, because a singer's ⑥ and digits can meet them.
/// </summary>
internal static class MaskKey
{
    public const int Bound = 0x2465; // ⑥

    public static int[] Create(string code, int number) =>
        CodePoints.Of(string.Create(CultureInfo.InvariantCulture, $"\u2465{code}{number:D6}\u2465"));

    /// <summary>Finds the first <c>⑥\$*\d{7,}⑥</c> at or behind <paramref name="from"/>.</summary>
    public static bool TryFind(ReadOnlySpan<int> text, int from, out int start, out int end)
    {
        for (start = from; start < text.Length; start++)
        {
            int skip = text[start..].IndexOf(Bound);
            if (skip < 0)
            {
                break;
            }

            start += skip;
            int digits = start + 1;
            while (digits < text.Length && text[digits] == '$')
            {
                digits++;
            }

            if (TryReadDigits(text, digits, 7, out end))
            {
                return true;
            }
        }

        start = end = text.Length;
        return false;
    }

    /// <summary>Whether <c>⑥\d{6,}⑥</c> stands at <paramref name="start"/>, which must be a ⑥.</summary>
    public static bool IsNumberKey(ReadOnlySpan<int> text, int start, out int end) =>
        TryReadDigits(text, start + 1, 6, out end);

    /// <summary>The text without its keys.</summary>
    public static int[] Remove(int[] text)
    {
        if (!TryFind(text, 0, out int start, out int end))
        {
            return text;
        }

        var kept = new List<int>(text.Length);
        int from = 0;
        do
        {
            kept.AddRange(text.AsSpan(from, start - from));
            from = end;
        }
        while (TryFind(text, from, out start, out end));

        kept.AddRange(text.AsSpan(from));
        return [.. kept];
    }

    private static bool TryReadDigits(ReadOnlySpan<int> text, int from, int least, out int end)
    {
        int position = from;
        while (position < text.Length && TextRules.IsDigit(text[position]))
        {
            position++;
        }

        end = position + 1;
        return position - from >= least && position < text.Length && text[position] == Bound;
    }
}
