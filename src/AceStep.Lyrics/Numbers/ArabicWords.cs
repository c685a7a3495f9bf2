using System.Globalization;
using System.Numerics;

namespace AceStep.Lyrics.Numbers;

internal sealed class ArabicWords : NumberWords
{
    private const string And = " و ";
    private const string Zero = "صفر";
    private const int FractionLevel = -1;

    private static readonly BigInteger Limit = BigInteger.Pow(10, 51);

    private static readonly string[] Masculine =
    [
        .. Table("- واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة"),
        .. Table("أحد اثنا ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة").Select(unit => unit + " عشر"),
    ];

    private static readonly string[] Feminine =
    [
        .. Table("- إحدى اثنتان ثلاث أربع خمس ست سبع ثمان تسع عشر"),
        .. Table("إحدى اثنتا ثلاث أربع خمس ست سبع ثماني تسع").Select(unit => unit + " عشرة"),
    ];

    private static readonly string[] Tens = Table("- - عشرون ثلاثون أربعون خمسون ستون سبعون ثمانون تسعون");
    private static readonly string[] Hundreds =
        Table("- مائة مئتان ثلاثمائة أربعمائة خمسمائة ستمائة سبعمائة ثمانمائة تسعمائة");

    private static readonly string[] Scales =
        Table("- ألف مليون مليار تريليون كوادريليون كوينتليون سكستيليون سبتيليون أوكتيليون نونيليون ديسيليون أندسيليون دوديسيليون تريديسيليون كوادريسيليون كوينتينيليون");

    private static readonly string[] Ordinals =
    [
        "",
        .. Table("اول ثاني ثالث رابع خامس سادس سابع ثامن تاسع عاشر"),
        .. Table("حادي ثاني ثالث رابع خامس سادس سابع ثامن تاسع").Select(unit => unit + " عشر"),
    ];

    // One, two, three to ten, eleven to ninety-nine.
    private static readonly string[] Riyals = Table("ريال ريالان ريالات ريالاً");
    private static readonly string[] Halalas = Table("هللة هللتان هللات هللة");
    private static readonly string[] NoUnit = ["", "", "", ""];

    public override string? Cardinal(BigInteger value)
    {
        if (BigInteger.Abs(value) >= Limit)
        {
            return null;
        }

        if (value.IsZero)
        {
            return Zero;
        }

        string words = Words(BigInteger.Abs(value), 0, feminine: false, ",", NoUnit, NoUnit).Trim();
        return value.Sign < 0 ? "سالب " + words : words;
    }

    public override string? Ordinal(BigInteger value)
    {
        if (value < Ordinals.Length)
        {
            return Ordinals[(int)value];
        }

        return value >= Limit ? null : Words(value, 0, feminine: value < 100, "", NoUnit, NoUnit).Trim();
    }

    public override string? Decimal(double value) => Words(value, ",", NoUnit, NoUnit)?.Trim();

    // As in the original, the words are riyals, whatever the currency.
    public override string? Money(double amount, Currency currency) => Words(amount, "و", Riyals, Halalas);

    private static string? Words(double value, string separator, string[] units, string[] subunits)
    {
        string text = value.ToString("F9", CultureInfo.InvariantCulture);
        int point = text.IndexOf('.', StringComparison.Ordinal);
        if (!text.AsSpan().ContainsAnyInRange('1', '9'))
        {
            return Zero;
        }

        BigInteger whole = BigInteger.Parse(text.AsSpan(0, point), CultureInfo.InvariantCulture);
        int hundredths = int.Parse(text.AsSpan(point + 1, 2), CultureInfo.InvariantCulture);
        return whole >= Limit ? null : Words(whole, hundredths, feminine: false, separator, units, subunits);
    }

    private static string Words(
        BigInteger whole, int hundredths, bool feminine, string separator, string[] units, string[] subunits)
    {
        string words = "";
        int[] groups = DigitGroups.Of(whole);
        for (int level = 0; level < groups.Length; level++)
        {
            int value = groups[level];
            if (value == 0)
            {
                continue;
            }

            if (level > 0)
            {
                words = Scaled(value, level, words);
            }

            words = $"{Group(value, level, whole, feminine)} {words}";
        }

        if (!whole.IsZero)
        {
            words += whole == 2 ? units[1] : Form(units, (int)(whole % 100));
        }

        return hundredths == 0
            ? words
            : $"{words} {separator} {Group(hundredths, FractionLevel, whole, feminine)} {(hundredths == 2 ? subunits[1] : Form(subunits, hundredths))}";
    }

    // A group's number and name, then the lower groups. For one and two there is only the name.
    private static string Scaled(int value, int level, string below)
    {
        bool last = below.Length == 0;
        string rest = last ? "" : "و " + below;
        if (value is 1 or 2)
        {
            return rest;
        }

        string name = (value % 100) switch
        {
            1 => Scales[level],
            _ when value is >= 3 and <= 10 => Plural(level),
            _ => last ? Scales[level] : Scales[level] + "اً",
        };
        return $"{name} {rest}";
    }

    private static string Group(int value, int level, BigInteger whole, bool feminine)
    {
        (int hundred, int rest) = Math.DivRem(value, 100);
        if (value == 200)
        {
            return "مئتا";
        }

        string words = hundred > 0 ? Hundreds[hundred] : "";
        if (rest == 0)
        {
            return words;
        }

        words += hundred > 0 ? And : "";
        string[] ones = level == FractionLevel || (level == 0 && feminine) ? Feminine : Masculine;
        if (rest < 20)
        {
            return rest switch
            {
                2 when hundred == 0 && level > 0 => Dual(level, isShort: whole == 2 * BigInteger.Pow(1000, level)),
                1 when level > 0 => words + Scales[level],
                _ => words + ones[rest],
            };
        }

        (int ten, int unit) = Math.DivRem(rest, 10);
        return words + (unit > 0 ? ones[unit] + And : "") + Tens[ten];
    }

    private static string Plural(int level) => level switch
    {
        1 => "آلاف",
        2 => "ملايين",
        _ => Scales[level] + "ات",
    };

    // Three of the original's names end with a space.
    private static string Dual(int level, bool isShort) => (level, isShort) switch
    {
        (9, _) => Scales[level] + (isShort ? "ا " : "ان "),
        (10, false) => Scales[level] + "ان ",
        _ => Scales[level] + (isShort ? "ا" : "ان"),
    };

    private static string Form(string[] forms, int count) => (count % 100) switch
    {
        >= 3 and <= 10 => forms[2],
        >= 11 => forms[3],
        _ => forms[0],
    };
}
