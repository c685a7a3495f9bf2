using System.Globalization;
using System.Numerics;
using System.Text;

namespace AceStep.Lyrics.Numbers;

internal sealed class TurkishWords : NumberWords
{
    private static readonly BigInteger Least = BigInteger.Pow(10, 21) - 1;

    private static readonly string[] Units = Table(" bir iki üç dört beş altı yedi sekiz dokuz");
    private static readonly string[] Tens = Table(" on yirmi otuz kırk elli altmış yetmiş seksen doksan");
    private static readonly string[] Scales = Table(" bin milyon milyar trilyon katrilyon kentilyon");
    private static readonly string[] OrdinalUnits =
        Table(" birinci ikinci üçüncü dördüncü beşinci altıncı yedinci sekizinci dokuzuncu");

    private static readonly string[] OrdinalTens =
        Table(" onuncu yirminci otuzuncu kırkıncı ellinci altmışıncı yetmişinci sekseninci doksanıncı");

    private static readonly string[] OrdinalScales =
        Table(" bininci milyonuncu milyarıncı trilyonuncu katrilyonuncu kentilyon");

    public override string? Cardinal(BigInteger value)
    {
        if (value.Sign < 0)
        {
            return Cardinal(-value) is { } words ? "eksi" + words : null;
        }

        return value.IsZero ? "sıfır" : Words(value, ordinal: false);
    }

    public override string? Ordinal(BigInteger value) => value.IsZero ? "sıfırıncı" : Words(value, ordinal: true);

    public override string? Decimal(double value)
    {
        if (double.IsInteger(value))
        {
            return Cardinal(new BigInteger(value));
        }

        string hundredths = new BigInteger(Math.Truncate(value * 100)).ToString(CultureInfo.InvariantCulture).PadLeft(2, '0');
        return Cardinal(new BigInteger(Math.Truncate(value))) is { } words ? $"{words}virgül{Tens[hundredths[^2] - '0']}{Units[hundredths[^1] - '0']}" : null;
    }

    // The original calls its library in a way that fails.
    public override string? Money(double amount, Currency currency) => null;

    private static string? Words(BigInteger value, bool ordinal)
    {
        if (value >= Least)
        {
            return null;
        }

        // For cardinals the original compares the value with a double, and gives no words if they differ.
        if (!ordinal && new BigInteger((double)value) != value)
        {
            return "";
        }

        int[] groups = DigitGroups.Of(value);
        int lowest = Array.FindIndex(groups, group => group != 0);
        var words = new StringBuilder();
        for (int group = groups.Length - 1; group >= lowest; group--)
        {
            if (groups[group] != 0)
            {
                AppendGroup(words, groups[group], group, isFirst: group == groups.Length - 1, isLast: group == lowest, ordinal);
            }
        }

        return words.ToString();
    }

    private static void AppendGroup(StringBuilder words, int value, int group, bool isFirst, bool isLast, bool ordinal)
    {
        bool ends = ordinal && isLast;
        (int hundred, int rest) = Math.DivRem(value, 100);
        (int ten, int unit) = Math.DivRem(rest, 10);
        // The last spoken element takes the ordinal ending: a scale, or else the unit, the ten or the hundred.
        bool endsHere = ends && group == 0;
        if (hundred > 0)
        {
            words.Append(hundred > 1 ? Units[hundred] : "").Append(endsHere && rest == 0 ? "yüzüncü" : "yüz");
        }

        words.Append(endsHere && unit == 0 ? OrdinalTens[ten] : Tens[ten]);
        if (!IsUnitLost(value, group, isFirst, isLast, ordinal))
        {
            words.Append(endsHere ? OrdinalUnits[unit] : Units[unit]);
        }

        words.Append(ends ? OrdinalScales[group] : Scales[group]);
    }

    // Reproduces three faults of the original, since the token ids depend on them.
    private static bool IsUnitLost(int value, int group, bool isFirst, bool isLast, bool ordinal)
    {
        if (group == 1 && value == 1)
        {
            return true;
        }

        if (isFirst)
        {
            return group == 1 && value > 100 && value % 10 == 1 && !isLast;
        }

        return !isLast && (ordinal ? group > 0 && value == 1 : group > 1 && value < 10);
    }
}
