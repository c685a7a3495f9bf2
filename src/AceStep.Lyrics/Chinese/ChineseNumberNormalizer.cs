using System.Buffers;
using System.Runtime.InteropServices;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Chinese;

/// <summary>Puts the numbers of a Chinese text into words, and replaces its punctuation by commas.</summary>
internal static class ChineseNumberNormalizer
{
    // The original replaces the first occurrence of a number's text, which may not be the place where it was found.
    // Searching for it takes quadratic time; in lines longer than this, which no song has, each number is replaced where it
    // was found.
    private const int LongestExactLine = 20_000;

    private const string CommaLike =
        "！？｡。＂＃＄％＆＇（）＊＋，－／：；＜＝＞＠［＼］＾＿｀｛｜｝～｟｠｢｣､、〃《》「」『』【】〔〕〖〗〘〙〚〛〜〝〞〟〰〾〿–—‘’‛“”„‟…‧﹏·〈〉-"
        + "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

    private static readonly SearchValues<char> Punctuation = SearchValues.Create(CommaLike);

    private delegate List<Range> Finder(ReadOnlySpan<int> text);

    private delegate bool Wording(ReadOnlySpan<int> found, List<int> words);

    // The order matters: each step leaves the remaining digits to the next.
    private static readonly (Finder Find, Wording Word)[] Steps =
    [
        (ChineseNumberFinder.Dates, WordDate),
        (ChineseNumberFinder.Money, WordMoney),
        (ChineseNumberFinder.MobileNumbers, WordDigitGroups),
        (ChineseNumberFinder.LandlineNumbers, WordDigitGroups),
        (ChineseNumberFinder.Fractions, WordFraction),
        (ChineseNumberFinder.Percentages, WordPercentage),
        (ChineseNumberFinder.Quantities, WordNumber),
        (ChineseNumberFinder.LongDigits, WordDigits),
        (ChineseNumberFinder.Numbers, WordNumber),
    ];

    /// <summary>The text with its numbers in words, or null if one of them is too long.</summary>
    public static string? Normalize(string text)
    {
        // Guard characters, since the patterns need a character before and after a number.
        int[] codePoints = ['^', .. CodePoints.Of(text.Replace('％', '%')), '$'];
        foreach ((Finder find, Wording word) in Steps)
        {
            int[]? worded = Apply(codePoints, find, word);
            if (worded is null)
            {
                return null;
            }

            codePoints = worded;
        }

        codePoints = RestoreTwoBetweenLetters(codePoints);
        string result = CodePoints.ToText(codePoints.AsSpan().TrimStart('^').TrimEnd('$'));
        return result.AsSpan().ContainsAny(Punctuation) ? WithCommas(result) : result;
    }

    private static int[]? Apply(int[] text, Finder find, Wording word)
    {
        List<Range> found = find(text);
        if (found.Count == 0)
        {
            return text;
        }

        bool exact = text.Length <= LongestExactLine;
        int[] source = text;
        var words = new List<int>();
        var standing = new List<int>();
        int from = 0;
        foreach (Range range in found)
        {
            ReadOnlySpan<int> match = source.AsSpan(range);
            words.Clear();
            if (!word(match, words))
            {
                return null;
            }

            if (exact)
            {
                int place = text.AsSpan().IndexOf(match);
                text = [.. text[..place], .. words, .. text[(place + match.Length)..]];
            }
            else
            {
                standing.AddRange(source.AsSpan(from..range.Start.Value));
                standing.AddRange(words);
                from = range.End.Value;
            }
        }

        return exact ? text : [.. standing, .. source[from..]];
    }

    private static bool WordNumber(ReadOnlySpan<int> found, List<int> words) => ChineseNumerals.TryAppendNumber(words, found);

    private static bool WordDigits(ReadOnlySpan<int> found, List<int> words)
    {
        ChineseNumerals.AppendDigits(words, found);
        return true;
    }

    private static bool WordDate(ReadOnlySpan<int> found, List<int> words)
    {
        int year = found.IndexOf('年');
        if (year >= 0)
        {
            ChineseNumerals.AppendDigits(words, found[..year]);
            words.Add('年');
            found = found[(year + 1)..];
        }

        int month = found.IndexOf('月');
        if (month >= 0)
        {
            ChineseNumerals.TryAppendNumber(words, found[..month]);
            words.Add('月');
            found = found[(month + 1)..];
        }

        if (found.Length > 0)
        {
            ChineseNumerals.TryAppendNumber(words, found[..^1]);
            words.Add(found[^1]);
        }

        return true;
    }

    // Each number in the match is replaced at all occurrences of its digits.
    private static bool WordMoney(ReadOnlySpan<int> found, List<int> words)
    {
        string text = CodePoints.ToText(found);
        foreach (Range range in ChineseNumberFinder.Numbers(found))
        {
            words.Clear();
            if (!ChineseNumerals.TryAppendNumber(words, found[range]))
            {
                return false;
            }

            text = text.Replace(
                CodePoints.ToText(found[range]), CodePoints.ToText(CollectionsMarshal.AsSpan(words)), StringComparison.Ordinal);
        }

        words.Clear();
        words.AddRange(CodePoints.Of(text));
        return true;
    }

    // Telephone numbers: only the digits, group by group.
    private static bool WordDigitGroups(ReadOnlySpan<int> found, List<int> words)
    {
        foreach (int codePoint in found)
        {
            if (TextRules.IsDigit(codePoint))
            {
                words.Add(ChineseNumerals.Digit(TextRules.DigitValue(codePoint)));
            }
        }

        return true;
    }

    private static bool WordFraction(ReadOnlySpan<int> found, List<int> words)
    {
        int slash = found.IndexOf('/');
        if (!ChineseNumerals.TryAppendNumber(words, found[(slash + 1)..]))
        {
            return false;
        }

        words.AddRange(['分', '之']);
        return ChineseNumerals.TryAppendNumber(words, found[..slash]);
    }

    private static bool WordPercentage(ReadOnlySpan<int> found, List<int> words)
    {
        words.AddRange(['百', '分', '之']);
        return ChineseNumerals.TryAppendNumber(words, found[..^1]);
    }

    // B2B, O2O: a 二 between ASCII letters becomes 2 again. Each match changes the first occurrence of its text.
    private static int[] RestoreTwoBetweenLetters(int[] text)
    {
        const int Two = '二';
        bool exact = text.Length <= LongestExactLine;
        int[] source = text.Contains(Two) ? [.. text] : text;
        for (int two = Array.IndexOf(source, Two); two >= 0; two = Array.IndexOf(source, Two, two + 1))
        {
            int start = two;
            while (start > 0 && IsLetter(source[start - 1]))
            {
                start--;
            }

            int end = two + 1;
            while (end < source.Length && IsLetter(source[end]))
            {
                end++;
            }

            if (start == two || end == two + 1)
            {
                continue;
            }

            int place = exact ? text.AsSpan().IndexOf(source.AsSpan(start..end)) : start;
            text[place + (two - start)] = '2';
            // The letters after the match are part of it, so a 二 directly after them has no letter before it.
            two = end < source.Length ? end : end - 1;
        }

        return text;
    }

    private static bool IsLetter(int codePoint) => codePoint < 0x80 && char.IsAsciiLetter((char)codePoint);

    private static string WithCommas(string text) => string.Create(text.Length, text, static (result, source) =>
    {
        for (int index = 0; index < result.Length; index++)
        {
            result[index] = Punctuation.Contains(source[index]) ? ',' : source[index];
        }
    });
}
