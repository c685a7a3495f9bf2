using System.Numerics;

namespace AceStep.Lyrics.Numbers;

internal sealed class DutchWords : CardWords
{
    private static readonly BigInteger Million = 1_000_000;

    // The first matching ending is used.
    private static readonly (string Ending, string Replacement)[] OrdinalEndings =
    [
        ("nul", "nuld"), ("één", "eerst"), ("twee", "tweed"), ("drie", "derd"), ("vier", "vierd"), ("vijf", "vijfd"),
        ("zes", "zesd"), ("zeven", "zevend"), ("acht", "achtst"), ("negen", "negend"), ("tien", "tiend"), ("elf", "elfd"),
        ("twaalf", "twaalfd"), ("ig", "igst"), ("erd", "erdst"), ("end", "endst"), ("joen", "joenst"), ("rd", "rdst"),
    ];

    public DutchWords()
        : base(
        [
            .. Falling(20, 1, "twintig negentien achttien zeventien zestien vijftien veertien dertien twaalf elf tien negen acht zeven zes vijf vier drie twee één nul"),
            .. Falling(90, 10, "negentig tachtig zeventig zestig vijftig veertig dertig"),
            new("honderd", 100),
            new("duizend", 1000),
            .. ScaleWords.Long(
                ScaleWords.Stems("m b tr quadr quint sext sept okt non", "dez vigint trigint quadragint quinquagint sexagint septuagint oktogint nonagint", "zend"),
                "iljoen", "iljard"),
        ])
    {
    }

    protected override string Minus => "min";

    protected override string Point => "komma";

    protected override string MoneySeparator => ",";

    public override string? Ordinal(BigInteger value)
    {
        if (Cardinal(value) is not { } words)
        {
            return null;
        }

        return ReplaceEnding(words, OrdinalEndings) + "e";
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

            a = "een";
        }

        if (y > x)
        {
            return new((y >= Million ? a + " " : a) + b, x * y);
        }

        if (y < 10 && x > 10 && x < 100)
        {
            b = y.IsOne ? "een" : b;
            return new(b + (b.EndsWith('e') ? "ën" : "en") + a, x + y);
        }

        return new((x >= Million ? a + " " : a) + b, x + y);
    }

    protected override MoneyNames? Names(Currency currency) => currency switch
    {
        Currency.Dollar => new("dollar", "dollar", "cent", "cent"),
        Currency.Euro => new("euro", "euro", "cent", "cent"),
        _ => new("pond", "pond", "penny", "penny"),
    };
}
