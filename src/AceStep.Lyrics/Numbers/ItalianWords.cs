using System.Globalization;
using System.Numerics;

namespace AceStep.Lyrics.Numbers;

internal sealed class ItalianWords : NumberWords
{
    private const int MostDigits = 65;

    private static readonly string[] Small =
        Table("zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove");

    private static readonly string[] Tens = Table("- - venti trenta quaranta cinquanta sessanta settanta ottanta novanta");
    private static readonly string[] ScalePrefixes = Table("- m b tr quadr quint sest sett ott nov dec");
    private static readonly string[] SmallOrdinals =
        Table("zero primo secondo terzo quarto quinto sesto settimo ottavo nono decimo");

    public override string? Cardinal(BigInteger value)
    {
        if (value.Sign < 0)
        {
            return Cardinal(-value) is { } words ? "meno " + words : null;
        }

        string digits = value.ToString(CultureInfo.InvariantCulture);
        return digits.Length > MostDigits ? null : Accented(value < 1_000_000 ? BelowMillion((int)value) : AboveMillion(digits));
    }

    public override string? Ordinal(BigInteger value)
    {
        if (value < 20)
        {
            int small = (int)value;
            return small < SmallOrdinals.Length ? SmallOrdinals[small] : Small[small][..^1] + "esimo";
        }

        if (Cardinal(value) is not { } words)
        {
            return null;
        }

        int lastTwo = (int)(value % 100);
        bool teen = lastTwo is > 10 and < 20;
        if (!teen && lastTwo % 10 == 3)
        {
            return words[..^1] + "eesimo";
        }

        if (!teen && lastTwo % 10 == 6)
        {
            return words + "esimo";
        }

        string stem = words[..^1];
        return stem + (stem.EndsWith("mil", StringComparison.Ordinal) ? "l" : "") + "esimo";
    }

    public override string? Decimal(double value)
    {
        string text = DecimalText.Of(value);
        if (text.Contains('e', StringComparison.Ordinal) || Cardinal(new BigInteger(Math.Truncate(value))) is not { } whole)
        {
            return null;
        }

        IEnumerable<string> digits = text[(text.IndexOf('.', StringComparison.Ordinal) + 1)..].Select(digit => Small[digit - '0']);
        return Accented($"{whole} virgola {string.Join(' ', digits)}");
    }

    public override string? Money(double amount, Currency currency)
    {
        if (MoneyAmount.Of(amount) is not { } parts || Cardinal(parts.Whole) is not { } whole)
        {
            return null;
        }

        MoneyNames names = currency switch
        {
            Currency.Dollar => new("dollaro", "dollari", "centesimo", "centesimi"),
            Currency.Euro => new("euro", "euro", "centesimo", "centesimi"),
            _ => new("sterlina", "sterline", "penny", "penny"),
        };
        string words =
            $"{whole} {names.UnitOf(parts.Whole)} e {Cardinal(parts.Hundredths)} {names.HundredthOf(parts.Hundredths)}";
        if (currency == Currency.Pound && words.StartsWith("uno ", StringComparison.Ordinal))
        {
            words = "una" + words["uno".Length..];
        }

        return words.Replace("uno", "un", StringComparison.Ordinal);
    }

    private static string BelowMillion(int value)
    {
        (int thousands, int rest) = Math.DivRem(value, 1000);
        return thousands switch
        {
            0 => BelowThousand(rest),
            1 => "mille" + Rest(rest),
            _ => Accented(BelowThousand(thousands)) + "mila" + Rest(rest),
        };
    }

    private static string BelowThousand(int value)
    {
        if (value < 20)
        {
            return Small[value];
        }

        return value < 100
            ? Contracted(Tens[value / 10] + Rest(value % 10))
            : Contracted((value < 200 ? "" : Small[value / 100]) + "cento" + Rest(value % 100));
    }

    private static string Rest(int value) => value == 0 ? "" : Accented(BelowThousand(value));

    private string AboveMillion(string digits)
    {
        int below = (digits.Length - 1) / 3 * 3;
        // One to three leading digits are the multiplier; the groups of three after them belong to the scale.
        string multiplier = digits[..^below];
        string scale = ScalePrefixes[below / 6] + (below % 6 == 0 ? "ilione" : "iliardo");
        string words = multiplier == "1"
            ? "un " + scale
            : $"{Cardinal(BigInteger.Parse(multiplier, CultureInfo.InvariantCulture))} {scale[..^1]}i";
        BigInteger rest = BigInteger.Parse(digits.AsSpan(digits.Length - below), CultureInfo.InvariantCulture);
        if (rest.IsZero)
        {
            return words;
        }

        string restWords = Cardinal(rest)!;
        return words + (restWords.Contains(" e ", StringComparison.Ordinal) ? ", " : " e ") + restWords;
    }

    private static string Contracted(string words) => words
        .Replace("oo", "o", StringComparison.Ordinal)
        .Replace("ao", "o", StringComparison.Ordinal)
        .Replace("io", "o", StringComparison.Ordinal)
        .Replace("au", "u", StringComparison.Ordinal)
        .Replace("iu", "u", StringComparison.Ordinal);

    // Applied to every part and again to the whole, so that only the whole may end with an accent.
    private static string Accented(string words) => string.Join(' ', words.Split(' ').Select(word =>
    {
        string plain = word.Replace("tré", "tre", StringComparison.Ordinal);
        return word.Length > 3 && word.EndsWith("tre", StringComparison.Ordinal) ? plain[..^1] + "é" : plain;
    }));
}
