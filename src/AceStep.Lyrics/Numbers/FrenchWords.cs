using System.Numerics;

namespace AceStep.Lyrics.Numbers;

internal sealed class FrenchWords : CardWords
{
    private static readonly BigInteger Million = 1_000_000;

    public FrenchWords()
        : base(
        [
            .. Falling(20, 1, "vingt dix-neuf dix-huit dix-sept seize quinze quatorze treize douze onze dix neuf huit sept six cinq quatre trois deux un zéro"),
            .. Falling(60, 10, "soixante cinquante quarante trente"),
            new("quatre-vingts", 80),
            new("cent", 100),
            new("mille", 1000),
            .. ScaleWords.Long(
                ScaleWords.Stems("m b tr quadr quint sext sept oct non", "dec vigint trigint quadragint quinquagint sexagint septuagint octogint nonagint", "cent"),
                "illion", "illiard"),
        ])
    {
    }

    protected override string Minus => "moins";

    protected override string Point => "virgule";

    protected override string MoneySeparator => " et";

    public override string? Ordinal(BigInteger value)
    {
        if (value.IsOne)
        {
            return "premier";
        }

        return Cardinal(value) switch
        {
            null => null,
            { } words when words.EndsWith("cinq", StringComparison.Ordinal) => words + "uième",
            { } words when words.EndsWith("neuf", StringComparison.Ordinal) => words[..^1] + "vième",
            { } words => (words.EndsWith('e') ? words[..^1] : words) + "ième",
        };
    }

    protected override WordedNumber Join(WordedNumber left, WordedNumber right)
    {
        (string a, BigInteger x) = left;
        (string b, BigInteger y) = right;
        if (x.IsOne)
        {
            if (y < Million)
            {
                return right;
            }
        }
        else
        {
            bool plural = x % 100 == 80 || ((x % 100).IsZero && x < 1000);
            a = plural && y < Million && a.EndsWith('s') ? a[..^1] : a;
            b = x < 1000 && y != 1000 && !b.EndsWith('s') && (y % 100).IsZero ? b + "s" : b;
        }

        if (y < x && x < 100)
        {
            return new(y % 10 == 1 && x != 80 ? $"{a} et {b}" : $"{a}-{b}", x + y);
        }

        return new($"{a} {b}", y > x ? x * y : x + y);
    }

    protected override MoneyNames? Names(Currency currency) => currency switch
    {
        Currency.Dollar => new("dollar", "dollars", "cent", "cents"),
        Currency.Euro => new("euro", "euros", "centime", "centimes"),
        _ => new("livre", "livres", "penny", "pence"),
    };
}
