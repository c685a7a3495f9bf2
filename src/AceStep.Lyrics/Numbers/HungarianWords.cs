using System.Globalization;
using System.Numerics;

namespace AceStep.Lyrics.Numbers;

internal sealed class HungarianWords : NumberWords
{
    private const string Zero = "nulla";

    private static readonly string[] Units = Table("nulla egy kettő három négy öt hat hét nyolc kilenc");
    private static readonly string[] Tens = Table(" tíz húsz harminc negyven ötven hatvan hetven nyolcvan kilencven");

    private static readonly BigInteger Million = 1_000_000;

    // From a million on, in ascending order.
    private static readonly WordedNumber[] Scales =
    [
        .. ScaleWords.Long(
            ScaleWords.Stems("m b tr quadr quint sext sept oct non", "dec vigint trigint quadragint quinquagint sexagint septuagint octogint nonagint", "cent"),
            "illió", "illiárd"),
    ];

    // The first matching ending is used.
    private static readonly (string Ending, string Replacement)[] OrdinalEndings =
    [
        .. Table("nulla:nullad egy:egyed kettő:ketted három:harmad négy:negyed öt:ötöd hat:hatod hét:heted nyolc:nyolcad kilenc:kilenced tíz:tized húsz:huszad harminc:harmincad negyven:negyvened ötven:ötvened hatvan:hatvanad hetven:hetvened nyolcvan:nyolcvanad kilencven:kilencvened száz:század ezer:ezred illió:milliomod illiárd:milliárdod")
            .Select(pair => pair.Split(':')).Select(pair => (pair[0], pair[1])),
    ];

    private static readonly string[] DecimalPlaces = ["", "tized", "század", "ezred"];

    public override string? Cardinal(BigInteger value) => value.Sign < 0
        ? Words(-value, Zero) is { } words ? "mínusz " + words : null
        : Words(value, Zero);

    public override string? Ordinal(BigInteger value)
    {
        if (value.IsOne)
        {
            return "első";
        }

        if (value == 2)
        {
            return "második";
        }

        if (Cardinal(value) is not { } words)
        {
            return null;
        }

        return ReplaceEnding(words, OrdinalEndings) + "ik";
    }

    public override string? Decimal(double value)
    {
        if (double.IsInteger(value))
        {
            return WholeDouble(value, Zero);
        }

        string text = DecimalText.Of(value);
        string[] parts = text.Split('.');
        if (text.Contains('e', StringComparison.Ordinal) || parts[1].Length >= DecimalPlaces.Length)
        {
            return null;
        }

        BigInteger whole = BigInteger.Parse(parts[0], CultureInfo.InvariantCulture);
        BigInteger fraction = BigInteger.Parse(parts[1], CultureInfo.InvariantCulture);
        return Cardinal(whole) is { } words ? $"{words} egész {Cardinal(fraction)} {DecimalPlaces[parts[1].Length]}" : null;
    }

    public override string? Money(double amount, Currency currency)
    {
        if (MoneyAmount.Of(amount) is not { } parts || Cardinal(parts.Whole) is not { } whole)
        {
            return null;
        }

        // English names, as in the original.
        MoneyNames names = currency switch
        {
            Currency.Dollar => new("dollar", "dollars", "cent", "cents"),
            Currency.Euro => new("euro", "euro", "cent", "cents"),
            _ => new("pound sterling", "pounds sterling", "penny", "pence"),
        };
        return $"{whole} {names.UnitOf(parts.Whole)}, {Cardinal(parts.Hundredths)} {names.HundredthOf(parts.Hundredths)}";
    }

    // The original counts the digits of a whole double by its text, including ".0" or an exponent, so it may choose a wrong
    // power of ten. If that is larger than the number, it loops forever.
    private static string? WholeDouble(double value, string zero)
    {
        if (value < 1e6)
        {
            return BelowMillion((int)value, zero);
        }

        int digits = DecimalText.Of(value).Length;
        int exponent = (digits % 3 == 0 ? digits - 2 : digits) / 3 * 3;
        double power = Math.Pow(10, exponent);
        if (power > value)
        {
            return null;
        }

        string? times = WholeDouble(Math.Floor(value / power), "");
        string? rest = WholeDouble(value % power, "");
        string name = exponent == 3 ? "ezer" : Scales[exponent / 3 - 2].Text;
        return times is null || rest is null ? null : times + name + (rest.Length > 0 ? "-" + rest : "");
    }

    // zero is the word for 0: "nulla", or "" before or after another word.
    private static string? Words(BigInteger value, string zero)
    {
        if (value < Million)
        {
            return BelowMillion((int)value, zero);
        }

        int index = (value.ToString(CultureInfo.InvariantCulture).Length - 1) / 3 - 2;
        if (index >= Scales.Length)
        {
            return null;
        }

        BigInteger times = BigInteger.DivRem(value, Scales[index].Value, out BigInteger rest);
        return Words(times, "") + Scales[index].Text + (rest.IsZero ? "" : "-" + Words(rest, ""));
    }

    private static string BelowMillion(int value, string zero)
    {
        switch (value)
        {
            case 0:
                return zero;
            case 2 when zero.Length == 0:
                return "két";
            case < 10:
                return Units[value];
            case < 100:
                (int ten, int unit) = Math.DivRem(value, 10);
                return unit == 0 ? Tens[ten] : (ten switch { 1 => "tizen", 2 => "huszon", _ => Tens[ten] }) + Units[unit];
            case < 1000:
                (int hundred, int rest) = Math.DivRem(value, 100);
                return (hundred == 1 ? "" : BelowMillion(hundred, "")) + "száz" + BelowMillion(rest, "");
            default:
                (int thousand, int below) = Math.DivRem(value, 1000);
                return (thousand == 1 ? "" : BelowMillion(thousand, "")) + "ezer" + (value > 2000 && below > 0 ? "-" : "")
                    + BelowMillion(below, "");
        }
    }
}
