using System.Globalization;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Segmentation;

/// <summary>A match of a masking rule: the ranges of the whole match and of its relevant groups.</summary>
internal readonly record struct MaskMatch(Range Whole, Range Name, Range Content);

/// <summary>The piece that a key replaces: the code of its rule, and its texts.</summary>
internal sealed record MaskedPiece(
    MaskRule Rule, ReadOnlyMemory<int> Whole, ReadOnlyMemory<int> Name, ReadOnlyMemory<int> Content);

/// <summary>
/// A rule that masks pieces of a line before the rest is processed. Each rule is a regular expression of the original,
/// implemented as a scanner that reads the text once.
/// </summary>
internal abstract class MaskRule(string code)
{
    /// <summary>The code in the rule's keys.</summary>
    public string Code { get; } = code;

    /// <summary>Replaces the rule's matches in <paramref name="text"/> by keys, and stores the pieces.</summary>
    public int[] Apply(int[] text, Dictionary<string, MaskedPiece> pieces)
    {
        var matches = new List<MaskMatch>();
        for (int from = 0; TryFind(text, from, out MaskMatch match); from = match.Whole.End.Value)
        {
            matches.Add(match);
        }

        if (matches.Count == 0 || (matches.Count == 1 && IsSkipped(text, matches[0])))
        {
            return text;
        }

        var keys = new int[matches.Count][];
        for (int number = 0; number < matches.Count; number++)
        {
            keys[number] = MaskKey.Create(Code, number);
            MaskMatch match = matches[number];
            pieces[CodePoints.ToText(keys[number])] =
                new MaskedPiece(this, text.AsMemory(match.Whole), text.AsMemory(match.Name), text.AsMemory(match.Content));
        }

        return Replace(text, matches, keys);
    }

    /// <summary>Finds the first match at or after <paramref name="from"/>.</summary>
    protected abstract bool TryFind(ReadOnlySpan<int> text, int from, out MaskMatch match);

    /// <summary>Whether a single match is not replaced: in the original, if its joined groups are the whole text.</summary>
    protected virtual bool IsSkipped(ReadOnlySpan<int> text, MaskMatch match) =>
        match.Whole.GetOffsetAndLength(text.Length).Length == text.Length;

    /// <summary>Puts the keys in place of the matches.</summary>
    protected virtual int[] Replace(int[] text, List<MaskMatch> matches, int[][] keys)
    {
        var masked = new List<int>(text.Length);
        int from = 0;
        for (int number = 0; number < keys.Length; number++)
        {
            Range whole = matches[number].Whole;
            masked.AddRange(text.AsSpan(from..whole.Start.Value));
            masked.AddRange(keys[number]);
            from = whole.End.Value;
        }

        masked.AddRange(text.AsSpan(from));
        return [.. masked];
    }
}

/// <summary>
/// The keys that replace masked pieces of a line: ⑥, a two-character code, six or more digits, ⑥. As in the original they
/// are part of the text, so that ⑥ and digits in the lyrics can look like keys.
/// </summary>
internal static class MaskKey
{
    public const int Bound = 0x2465; // ⑥

    public static int[] Create(string code, int number) =>
        CodePoints.Of(string.Create(CultureInfo.InvariantCulture, $"\u2465{code}{number:D6}\u2465"));

    /// <summary>Finds the first <c>⑥\$*\d{7,}⑥</c> at or after <paramref name="from"/>.</summary>
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

    /// <summary>Whether there is a <c>⑥\d{6,}⑥</c> at <paramref name="start"/>, which must be a ⑥.</summary>
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
