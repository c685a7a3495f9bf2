using System.Numerics;

namespace AceStep.Lyrics.Numbers;

internal sealed class EnglishWords : CardWords
{
    private static readonly Dictionary<string, string> Ordinals = new(StringComparer.Ordinal)
    {
        ["one"] = "first", ["two"] = "second", ["three"] = "third", ["four"] = "fourth", ["five"] = "fifth",
        ["six"] = "sixth", ["seven"] = "seventh", ["eight"] = "eighth", ["nine"] = "ninth", ["ten"] = "tenth",
        ["eleven"] = "eleventh", ["twelve"] = "twelfth",
    };

    public EnglishWords()
        : base(
        [
            .. Falling(20, 1, "twenty nineteen eighteen seventeen sixteen fifteen fourteen thirteen twelve eleven ten nine eight seven six five four three two one zero"),
            .. Falling(90, 10, "ninety eighty seventy sixty fifty forty thirty"),
            new("hundred", 100),
            new("thousand", 1000),
            .. ScaleWords.Short(
                ScaleWords.Stems("m b tr quadr quint sext sept oct non", "dec vigint trigint quadragint quinquagint sexagint septuagint octogint nonagint", "cent"),
                "illion"),
        ])
    {
    }

    protected override string Minus => "minus";

    protected override string Point => "point";

    protected override string MoneySeparator => ",";

    public override string? Ordinal(BigInteger value)
    {
        if (Cardinal(value) is not { } words)
        {
            return null;
        }

        int start = words.LastIndexOfAny([' ', '-']) + 1;
        string last = words[start..];
        if (!Ordinals.TryGetValue(last, out string? ordinal))
        {
            ordinal = (last.EndsWith('y') ? last[..^1] + "ie" : last) + "th";
        }

        return words[..start] + ordinal;
    }

    protected override WordedNumber Join(WordedNumber left, WordedNumber right)
    {
        (string a, BigInteger x) = left;
        (string b, BigInteger y) = right;
        return x.IsOne && y < 100 ? right
            : x < 100 && x > y ? new($"{a}-{b}", x + y)
            : x >= 100 && y < 100 ? new($"{a} and {b}", x + y)
            : y > x ? new($"{a} {b}", x * y)
            : new($"{a}, {b}", x + y);
    }

    protected override MoneyNames? Names(Currency currency) => currency switch
    {
        Currency.Dollar => new("dollar", "dollars", "cent", "cents"),
        Currency.Euro => new("euro", "euro", "cent", "cents"),
        _ => new("pound sterling", "pounds sterling", "penny", "pence"),
    };
}
