using System.Globalization;
using System.Numerics;

namespace AceStep.Lyrics.Numbers;

internal sealed class RussianWords : NumberWords
{
    private const string Zero = "ноль";
    private const int Thousands = 1;

    private static readonly string[] Units = Table("- один два три четыре пять шесть семь восемь девять");
    private static readonly string[] TeenStems = Table("один две три четыр пят шест сем восем девят");
    private static readonly string[] Teens = ["десять", .. TeenStems.Select(stem => stem + "надцать")];
    private static readonly string[] Tens =
        Table("- - двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто");

    private static readonly string[] Hundreds =
        Table("- сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот");

    // Above thousands.
    private static readonly string[] Scales =
        Table("миллион миллиард триллион квадриллион квинтиллион секстиллион септиллион октиллион нониллион");

    private static readonly string[] OrdinalUnits = Table("нулев перв втор - четвёрт пят шест седьм восьм девят");
    private static readonly string[] OrdinalTeens = ["десят", .. TeenStems.Select(stem => stem + "надцат")];
    private static readonly string[] OrdinalTens =
        Table("- - двадцат тридцат сороков пятидесят шестидесят семидесят восьмидесят девяност");

    private static readonly string[] OrdinalHundreds =
        Table("- сот двухсот трёхсот четырёхсот пятисот шестисот семисот восьмисот девятисот");

    private static readonly string[] GenitiveUnits = Table("- одно двух трёх четырёх пяти шести семи восьми девяти");
    private static readonly string[] GenitiveTeens = ["десяти", .. TeenStems.Select(stem => stem + "надцати")];
    private static readonly string[] GenitiveTens =
        Table("- - двадцати тридцати сорока пятидесяти шестидесяти семидесяти восьмидесяти девяносто");

    private static readonly string[] GenitiveHundreds =
        Table("- сто двухсот трёхсот четырёхсот пятисот шестисот семисот восьмисот девятисот");

    private enum Form
    {
        Masculine,
        Feminine,
        GenitivePlural,
    }

    public override string? Cardinal(BigInteger value)
    {
        if (value.Sign < 0)
        {
            return Cardinal(-value) is { } words ? "минус " + words : null;
        }

        return Words(value, feminine: false);
    }

    public override string? Ordinal(BigInteger value) => OrdinalWords(value, Form.Masculine);

    public override string? Decimal(double value)
    {
        string text = DecimalText.Of(value);
        if (text.Contains('e', StringComparison.Ordinal))
        {
            return null;
        }

        string[] parts = text.Split('.');
        BigInteger whole = BigInteger.Parse(parts[0], CultureInfo.InvariantCulture);
        string fraction = parts[1];
        bool one = fraction.EndsWith('1') && !fraction.EndsWith("11", StringComparison.Ordinal);
        string? wholeWords = Words(whole, feminine: true);
        string? fractionWords = Words(BigInteger.Parse(fraction, CultureInfo.InvariantCulture), feminine: true);
        string? place = OrdinalWords(BigInteger.Pow(10, fraction.Length), one ? Form.Feminine : Form.GenitivePlural);
        return wholeWords is null || fractionWords is null || place is null
            ? null
            : $"{wholeWords} {(IsOneLike(whole) ? "целая" : "целых")} {fractionWords} {place}";
    }

    public override string? Money(double amount, Currency currency)
    {
        if (currency == Currency.Pound || MoneyAmount.Of(amount) is not { } parts || Cardinal(parts.Whole) is not { } whole)
        {
            return null;
        }

        string unit = currency == Currency.Euro ? "евро" : Count(parts.Whole, "доллар", "доллара", "долларов");
        return $"{whole} {unit}, {Cardinal(parts.Hundredths)} {Count(parts.Hundredths, "цент", "цента", "центов")}";
    }

    private static string? Words(BigInteger value, bool feminine)
    {
        if (value.IsZero)
        {
            return Zero;
        }

        int[] groups = DigitGroups.Of(value);
        if (groups.Length > Scales.Length + 2)
        {
            return null;
        }

        var words = new List<string>();
        for (int group = groups.Length - 1; group >= 0; group--)
        {
            // As in the original, the gender of a decimal's whole part also applies to its millions.
            AddGroup(words, groups[group], group, feminine);
        }

        return string.Join(' ', words);
    }

    private static void AddGroup(List<string> words, int value, int group, bool feminine)
    {
        if (value == 0)
        {
            return;
        }

        (int hundred, int rest) = Math.DivRem(value, 100);
        (int ten, int unit) = Math.DivRem(rest, 10);
        if (hundred > 0)
        {
            words.Add(Hundreds[hundred]);
        }

        if (ten == 1)
        {
            words.Add(Teens[unit]);
        }
        else
        {
            if (ten > 1)
            {
                words.Add(Tens[ten]);
            }

            if (unit > 0)
            {
                words.Add(Unit(unit, feminine || group == Thousands));
            }
        }

        if (group > 0)
        {
            words.Add(Scale(value, group));
        }
    }

    private static string? OrdinalWords(BigInteger value, Form form)
    {
        if (value.IsZero)
        {
            return OrdinalUnit(0, form);
        }

        int[] groups = DigitGroups.Of(value);
        if (groups.Length > Scales.Length + 2)
        {
            return null;
        }

        int lowest = Array.FindIndex(groups, group => group != 0);
        var words = new List<string>();
        for (int group = groups.Length - 1; group > lowest; group--)
        {
            AddOrdinalGroup(words, groups[group], group, form);
        }

        if (lowest == 0)
        {
            AddOrdinalGroup(words, groups[0], 0, form);
        }
        else
        {
            words.Add(JoinedOrdinal(groups[lowest], lowest, form));
        }

        return string.Join(' ', words);
    }

    // In every group, not only in the last one, an even hundred, an even ten or a teen takes the ordinal form.
    private static void AddOrdinalGroup(List<string> words, int value, int group, Form form)
    {
        if (value == 0)
        {
            return;
        }

        (int hundred, int rest) = Math.DivRem(value, 100);
        (int ten, int unit) = Math.DivRem(rest, 10);
        if (hundred > 0)
        {
            words.Add(rest == 0 ? OrdinalHundreds[hundred] + Ending(form) : Hundreds[hundred]);
        }

        if (ten == 1)
        {
            words.Add(OrdinalTeens[unit] + Ending(form));
        }
        else
        {
            if (ten > 1)
            {
                words.Add(unit == 0 ? OrdinalTens[ten] + (ten == 4 ? Ending(form, stressed: true) : Ending(form)) : Tens[ten]);
            }

            if (unit > 0 && group == 0)
            {
                words.Add(OrdinalUnit(unit, form));
            }
            else if (unit > 0 && value != 1)
            {
                words.Add(Unit(unit, feminine: group == Thousands));
            }
        }

        if (group > 0)
        {
            words.Add(Scale(value, group));
        }
    }

    // One word: двухсоттысячный.
    private static string JoinedOrdinal(int value, int group, Form form)
    {
        (int hundred, int rest) = Math.DivRem(value, 100);
        (int ten, int unit) = Math.DivRem(rest, 10);
        string count = hundred > 0 ? GenitiveHundreds[hundred] : "";
        if (ten == 1)
        {
            count += GenitiveTeens[unit];
        }
        else
        {
            count += ten > 1 ? GenitiveTens[ten] : "";
            count += unit > 0 && value != 1 ? GenitiveUnits[unit] : "";
        }

        return count + (group == Thousands ? "тысячн" : Scales[group - 2] + "н") + Ending(form);
    }

    private static string OrdinalUnit(int unit, Form form) => unit == 3
        ? form switch { Form.Masculine => "третий", Form.Feminine => "третья", _ => "третьих" }
        : OrdinalUnits[unit] + Ending(form, stressed: unit is 0 or 2 or 6 or 7 or 8);

    private static string Ending(Form form, bool stressed = false) => form switch
    {
        Form.Masculine => stressed ? "ой" : "ый",
        Form.Feminine => "ая",
        _ => "ых",
    };

    private static string Unit(int unit, bool feminine) => (unit, feminine) switch
    {
        (1, true) => "одна",
        (2, true) => "две",
        _ => Units[unit],
    };

    private static string Scale(int value, int group) => group == Thousands
        ? Count(value, "тысяча", "тысячи", "тысяч")
        : Scales[group - 2] + Count(value, "", "а", "ов");

    private static bool IsOneLike(BigInteger count) => count % 10 == 1 && count % 100 != 11;

    private static string Count(BigInteger count, string one, string few, string many)
    {
        int lastTwo = (int)(count % 100);
        return lastTwo is > 10 and < 15 ? many : (lastTwo % 10) switch
        {
            1 => one,
            2 or 3 or 4 => few,
            _ => many,
        };
    }
}
