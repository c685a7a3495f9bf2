using System.Collections.Frozen;
using System.Globalization;
using System.Numerics;
using System.Text;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Numbers;

/// <summary>
/// Finds the numbers of a line and puts them into words: amounts of money, then decimals, ordinals and other numbers. Apart
/// from thousands' separators the patterns match only ASCII digits. Chinese numbers have a class of their own.
/// </summary>
internal static partial class NumberExpander
{
    // The original cannot read a longer run of digits.
    private const int MostDigits = 4300;

    // Created when a language first needs them. Czech is missing: the original uses a name for it that its library does not
    // know, so every Czech number fails.
    private static readonly FrozenDictionary<string, Lazy<NumberWords>> Languages = new Dictionary<string, Lazy<NumberWords>>
    {
        ["ar"] = new(() => new ArabicWords()),
        ["de"] = new(() => new GermanWords()),
        ["en"] = new(() => new EnglishWords()),
        ["es"] = new(() => new SpanishWords()),
        ["fr"] = new(() => new FrenchWords()),
        ["hu"] = new(() => new HungarianWords()),
        ["it"] = new(() => new ItalianWords()),
        ["ko"] = new(() => new KoreanWords()),
        ["nl"] = new(() => new DutchWords()),
        ["pl"] = new(() => new PolishWords()),
        ["pt"] = new(() => new PortugueseWords()),
        ["ru"] = new(() => new RussianWords()),
        ["tr"] = new(() => new TurkishWords()),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // In the order in which they are tried; in some languages a full stop is one too.
    private static readonly FrozenDictionary<string, string[]> OrdinalEndings = new Dictionary<string, string[]>
    {
        ["ar"] = ["ون", "ين", "ث", "ر", "ى"],
        ["cs"] = [],
        ["de"] = ["st", "nd", "rd", "th", "º", "ª"],
        ["en"] = ["st", "nd", "rd", "th"],
        ["es"] = ["º", "ª", "er", "o", "a", "os", "as"],
        ["fr"] = ["º", "ª", "er", "re", "e", "ème"],
        ["hu"] = [".", "adik", "edik", "odik", "edik", "ödik", "ödike", "ik"],
        ["it"] = ["º", "°", "ª", "o", "a", "i", "e"],
        ["ko"] = ["번째", "번", "차", "째"],
        ["nl"] = ["de", "ste", "e"],
        ["pl"] = ["º", "ª", "st", "nd", "rd", "th"],
        ["pt"] = ["º", "ª", "o", "a", "os", "as"],
        ["ru"] = ["-й", "-я", "-е", "-ое", "-ье", "-го"],
        ["tr"] = [".", "inci", "nci", "uncu", "üncü"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The number words of a language; null for Czech.</summary>
    public static NumberWords? WordsOf(string language) => Languages.TryGetValue(language, out Lazy<NumberWords>? words) ? words.Value : null;

    /// <summary>The text with its numbers in words; null if one cannot be put into words, so that all numbers of the line stay digits.</summary>
    public static string? Expand(string text, string language)
    {
        text = ThousandsMarks.Remove(text, commas: language is "en" or "ru");
        if (!text.AsSpan().ContainsAnyInRange('0', '9'))
        {
            return text;
        }

        text = ReplaceMoney(text, language);
        string? decimals = language == "tr" ? text : Replace(text, language, FindDecimal);
        string? ordinals = decimals is null ? null : Replace(decimals, language, FindOrdinal);
        return ordinals is null ? null : Replace(ordinals, language, FindCardinal);
    }

    private delegate bool Finder(string text, int from, string language, out Range found, out Func<NumberWords, string?> word);

    private static string? Replace(string text, string language, Finder find)
    {
        var result = new StringBuilder(text.Length + 32);
        int copied = 0;
        int from = 0;
        while (find(text, from, language, out Range found, out Func<NumberWords, string?> word))
        {
            if (WordsOf(language) is not { } words || word(words) is not { } worded)
            {
                return null;
            }

            result.Append(text, copied, found.Start.Value - copied).Append(worded);
            copied = from = found.End.Value;
        }

        return copied == 0 ? text : result.Append(text, copied, text.Length - copied).ToString();
    }

    // ([0-9]+[.,][0-9]+)
    private static bool FindDecimal(string text, int from, string language, out Range found, out Func<NumberWords, string?> word)
    {
        for (int start = NextDigit(text, from); start >= 0;)
        {
            int point = SkipDigits(text, start);
            int end = point < text.Length && text[point] is '.' or ',' ? SkipDigits(text, point + 1) : point;
            if (end > point + 1)
            {
                found = start..end;
                string number = text[start..end].Replace(',', '.');
                word = words => double.Parse(number, CultureInfo.InvariantCulture) is var value && double.IsFinite(value)
                    ? words.Decimal(value)
                    : null;
                return true;
            }

            start = NextDigit(text, point);
        }

        return NotFound(out found, out word);
    }

    // ([0-9]+)(ending)
    private static bool FindOrdinal(string text, int from, string language, out Range found, out Func<NumberWords, string?> word)
    {
        string[] endings = OrdinalEndings[language];
        for (int start = NextDigit(text, from); start >= 0;)
        {
            int end = SkipDigits(text, start);
            int length = EndingLength(text, end, endings, fullStop: language is "de" or "cs");
            if (length > 0)
            {
                found = start..(end + length);
                word = words => Integer(text.AsSpan(start, end - start)) is { } value ? words.Ordinal(value) : null;
                return true;
            }

            start = NextDigit(text, end);
        }

        return NotFound(out found, out word);
    }

    private static int EndingLength(string text, int position, string[] endings, bool fullStop)
    {
        foreach (string ending in endings)
        {
            if (text.AsSpan(position).StartsWith(ending))
            {
                return ending.Length;
            }
        }

        // A full stop counts only before white space or at the end of the text.
        return fullStop && position < text.Length && text[position] == '.'
            && (position + 1 == text.Length || TextRules.IsSpace(text[position + 1]))
            ? 1
            : 0;
    }

    // [0-9]+
    private static bool FindCardinal(string text, int from, string language, out Range found, out Func<NumberWords, string?> word)
    {
        int start = NextDigit(text, from);
        if (start < 0)
        {
            return NotFound(out found, out word);
        }

        int end = SkipDigits(text, start);
        found = start..end;
        word = words => Integer(text.AsSpan(start, end - start)) is { } value ? words.Cardinal(value) : null;
        return true;
    }

    private static bool NotFound(out Range found, out Func<NumberWords, string?> word)
    {
        found = default;
        word = static _ => null;
        return false;
    }

    private static BigInteger? Integer(ReadOnlySpan<char> digits) =>
        digits.Length > MostDigits ? null : BigInteger.Parse(digits, CultureInfo.InvariantCulture);

    private static int NextDigit(string text, int from)
    {
        int skip = text.AsSpan(from).IndexOfAnyInRange('0', '9');
        return skip < 0 ? -1 : from + skip;
    }

    private static int SkipDigits(string text, int position)
    {
        while (position < text.Length && char.IsAsciiDigit(text[position]))
        {
            position++;
        }

        return position;
    }
}
