using System.Numerics;

namespace AceStep.Lyrics.Numbers;

internal sealed class GermanWords : CardWords
{
    private static readonly BigInteger Million = 1_000_000;

    // The first matching ending is used.
    private static readonly (string Ending, string Replacement)[] OrdinalEndings =
    [
        ("eins", "ers"), ("drei", "drit"), ("acht", "ach"), ("sieben", "sieb"), ("ig", "igs"), ("ert", "erts"),
        ("end", "ends"), ("ion", "ions"), ("nen", "ns"), ("rde", "rds"), ("rden", "rds"),
    ];

    public GermanWords()
        : base(
        [
            .. Falling(20, 1, "zwanzig neunzehn achtzehn siebzehn sechzehn fünfzehn vierzehn dreizehn zwölf elf zehn neun acht sieben sechs fünf vier drei zwei eins null"),
            .. Falling(90, 10, "neunzig achtzig siebzig sechzig fünfzig vierzig dreißig"),
            new("hundert", 100),
            new("tausend", 1000),
            .. ScaleWords.Long(
                ScaleWords.Stems("M B Tr Quadr Quint Sext Sept Okt Non", "dez vigint trigint quadragint quinquagint sexagint septuagint oktogint nonagint", "zent"),
                "illion", "illiarde"),
        ])
    {
    }

    protected override string Minus => "minus";

    protected override string Point => "Komma";

    protected override string MoneySeparator => " und";

    public override string? Ordinal(BigInteger value)
    {
        if (Cardinal(value) is not { } words)
        {
            return null;
        }

        words = words.ToLowerInvariant();
        words = ReplaceEnding(words, OrdinalEndings) + "te";
        if (words is "eintausendste" or "einhundertste")
        {
            return words["ein".Length..];
        }

        int space = words.LastIndexOf(' ');
        if (space < 0 || !IsLargeScale(words.AsSpan(space + 1)))
        {
            return words;
        }

        string before = words[..space];
        return (before.EndsWith("eine", StringComparison.Ordinal) ? before[..^"eine".Length] : before) + words[(space + 1)..];
    }

    public override string? Money(double amount, Currency currency) =>
        base.Money(amount, currency)?.Replace("eins ", "ein ", StringComparison.Ordinal);

    protected override WordedNumber Join(WordedNumber left, WordedNumber right)
    {
        (string a, BigInteger x) = left;
        (string b, BigInteger y) = right;
        if (x.IsOne)
        {
            if (y == 100 || y == 1000)
            {
                return new("ein" + b, y);
            }

            if (y < Million)
            {
                return right;
            }

            a = "eine";
        }

        if (y > x)
        {
            if (y >= Million)
            {
                b += x.IsOne ? "" : b.EndsWith('e') ? "n" : "en";
                a += " ";
            }

            return new(a + b, x * y);
        }

        if (y < 10 && x > 10 && x < 100)
        {
            return new((y.IsOne ? "ein" : b) + "und" + a, x + y);
        }

        return new((x >= Million ? a + " " : a) + b, x + y);
    }

    protected override MoneyNames? Names(Currency currency) => currency switch
    {
        Currency.Dollar => new("Dollar", "Dollar", "Cent", "Cent"),
        Currency.Euro => new("Euro", "Euro", "Cent", "Cent"),
        _ => new("Pfund", "Pfund", "Penny", "Pence"),
    };

    private static bool IsLargeScale(ReadOnlySpan<char> word) =>
        (word.EndsWith("illionste") || word.EndsWith("illiardste")) && word.IndexOf("illi") > 0
        && !word.ContainsAnyExceptInRange('a', 'z');
}
