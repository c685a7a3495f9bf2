using System.Collections.Frozen;
using System.Globalization;

namespace AceStep.Lyrics.Numbers;

/// <summary>Amounts of money.</summary>
internal static partial class NumberExpander
{
    // The words of a whole amount end before the last occurrence of this separator.
    private static readonly FrozenDictionary<string, string> MoneySeparators = new Dictionary<string, string>
    {
        ["de"] = " und ",
        ["es"] = " con ",
        ["fr"] = " et ",
        ["it"] = " e ",
        ["pt"] = " e ",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // Pounds, dollars, then euros. If one of them fails, the following ones are skipped, but earlier changes stay.
    private static string ReplaceMoney(string text, string language)
    {
        ReadOnlySpan<(char Sign, Currency Currency)> passes =
            [('£', Currency.Pound), ('$', Currency.Dollar), ('€', Currency.Euro)];
        foreach ((char sign, Currency currency) in passes)
        {
            if (!text.Contains(sign, StringComparison.Ordinal))
            {
                continue;
            }

            if (Replace(text, language, FindMoney) is not { } worded)
            {
                break;
            }

            text = worded;

            bool FindMoney(string line, int from, string name, out Range found, out Func<NumberWords, string?> word)
            {
                bool any = TryFindMoney(line, from, sign, out found);
                Range range = found;
                word = words => WordMoney(line.AsSpan(range), name, currency, words);
                return any;
            }
        }

        return text;
    }

    private static string? WordMoney(ReadOnlySpan<char> found, string language, Currency currency, NumberWords words)
    {
        string number = string.Concat(found.ToString().Replace(',', '.').Where(unit => unit == '.' || char.IsAsciiDigit(unit)));
        if (number.Count(unit => unit == '.') > 1)
        {
            return null;
        }

        double amount = double.Parse(number, CultureInfo.InvariantCulture);
        if (!double.IsFinite(amount) || words.Money(amount, currency) is not { } worded)
        {
            return null;
        }

        if (double.IsInteger(amount))
        {
            int last = worded.LastIndexOf(MoneySeparators.GetValueOrDefault(language, ", "), StringComparison.Ordinal);
            worded = last < 0 ? worded : worded[..last];
        }

        return worded;
    }

    // (($[0-9.,]*[0-9]+)|([0-9.,]*[0-9]+$)): the sign before or after a run of digits, full stops and commas.
    private static bool TryFindMoney(string text, int from, char sign, out Range found)
    {
        for (int position = from; position < text.Length;)
        {
            int start = position;
            bool signed = text[start] == sign;
            int run = signed ? start + 1 : start;
            int end = run;
            int digitsEnd = run;
            while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] is '.' or ','))
            {
                digitsEnd = char.IsAsciiDigit(text[end]) ? end + 1 : digitsEnd;
                end++;
            }

            if (signed && digitsEnd > run)
            {
                found = start..digitsEnd;
                return true;
            }

            if (!signed && end > run && digitsEnd == end && end < text.Length && text[end] == sign)
            {
                found = start..(end + 1);
                return true;
            }

            position = Math.Max(end, start + 1);
        }

        found = default;
        return false;
    }
}
