using System.Globalization;
using System.Numerics;

namespace AceStep.Lyrics.Numbers;

internal sealed class PolishWords : NumberWords
{
    private static readonly string[] Small =
        Table(" jeden dwa trzy cztery pięć sześć siedem osiem dziewięć dziesięć jedenaście dwanaście trzynaście czternaście piętnaście szesnaście siedemnaście osiemnaście dziewiętnaście");

    private static readonly string[] Tens =
        Table("  dwadzieścia trzydzieści czterdzieści pięćdziesiąt sześćdziesiąt siedemdziesiąt osiemdziesiąt dziewięćdziesiąt");

    private static readonly string[] Hundreds =
        Table(" sto dwieście trzysta czterysta pięćset sześćset siedemset osiemset dziewięćset");

    // The forms for one, a few and many, for each group.
    private static readonly (string One, string Few, string Many)[] Scales =
    [
        ("", "", ""),
        ("tysiąc", "tysiące", "tysięcy"),
        .. from prefix in Table("mi bi try kwadry kwinty seksty septy okty nony decy")
           from suffix in Table("lion liard")
           select (prefix + suffix, prefix + suffix + "y", prefix + suffix + "ów"),
    ];

    // Alone, and before a scale. Spelt as in the original.
    private static readonly string[] OrdinalSmall =
        Table(" pierwszy drugi trzeci czwarty piąty szósty siódmy ósmy dziewiąty dziesiąty jedenasty dwunasty trzynasty czternasty piętnasty szesnasty siedemnasty osiemnasty dziewiętnasty");

    private static readonly string[] OrdinalSmallJoined =
        Table(" pierwszo dwu trzy cztero pięcio sześcio siedmio ośmio dziewięcio dziesięcio jedenasto dwunasto trzynasto czternasto piętnasto szesnasto siedemnasto osiemnasto dziewiętnasto");

    private static readonly string[] OrdinalTens =
        Table("  dwudziesty trzydziesty czterdziesty pięćdziesiąty sześćdziesiąty siedemdziesiąty osiemdziesiąty dziewięćdziesiąty");

    private static readonly string[] OrdinalTensJoined =
        Table("  dwudziesto trzydiesto czterdziesto pięćdziesięcio sześćdziesięcio siedemdziesięcio osiemdziesięcio dziewięćdziesięcio");

    private static readonly string[] OrdinalHundreds =
        Table(" setny dwusetny trzysetny czterysetny pięćsetny sześćsetny siedemsetny osiemsetny dziewięćsetny");

    private static readonly string[] OrdinalHundredsJoined =
        Table(" stu dwustu trzystu czterystu pięcset sześćset siedemset ośiemset dziewięćset");

    private static readonly string[] OrdinalScales = Table(" tysięczny milionowy milairdowy");

    public override string? Cardinal(BigInteger value)
    {
        if (value.Sign < 0)
        {
            return null;
        }

        if (value.IsZero)
        {
            return "zero";
        }

        int[] groups = DigitGroups.Of(value);
        if (groups.Length > Scales.Length)
        {
            return null;
        }

        var words = new List<string>();
        for (int group = groups.Length - 1; group >= 0; group--)
        {
            AddGroup(words, groups[group], group);
        }

        return string.Join(' ', words);
    }

    public override string? Ordinal(BigInteger value)
    {
        int[] groups = DigitGroups.Of(value);
        int level = Array.FindIndex(groups, group => group != 0);
        if (level < 0 || level >= OrdinalScales.Length)
        {
            return null;
        }

        int last = groups[level];
        var words = new List<string>();
        if (groups.Length > level + 1)
        {
            if (Cardinal(value - last * BigInteger.Pow(1000, level)) is not { } before)
            {
                return null;
            }

            words.Add(before);
        }

        (int hundred, int rest) = Math.DivRem(last, 100);
        (int ten, int unit) = Math.DivRem(rest, 10);
        bool joined = level > 0;
        // In the original, the lookup of the hundred's word fails before a scale.
        if (joined && hundred > 0 && rest > 0 && (rest < 20 || unit == 0))
        {
            return null;
        }

        if (rest == 0)
        {
            words.Add((joined ? OrdinalHundredsJoined : OrdinalHundreds)[hundred]);
        }
        else if (!joined || last != 1)
        {
            if (hundred > 0)
            {
                words.Add(Hundreds[hundred]);
            }

            if (rest < 20)
            {
                words.Add((joined ? OrdinalSmallJoined : OrdinalSmall)[rest]);
            }
            else if (unit == 0)
            {
                words.Add((joined ? OrdinalTensJoined : OrdinalTens)[ten]);
            }
            else
            {
                words.Add(OrdinalTens[ten]);
                words.Add(OrdinalSmall[unit]);
            }
        }

        string ordinal = string.Join(' ', words);
        return joined ? ordinal + (last == 1 && words.Count > 0 ? " " : "") + OrdinalScales[level] : ordinal;
    }

    public override string? Decimal(double value)
    {
        string text = DecimalText.Of(value);
        if (text.Contains('e', StringComparison.Ordinal) || Cardinal(new BigInteger(Math.Truncate(value))) is not { } whole)
        {
            return null;
        }

        string fraction = text[(text.IndexOf('.', StringComparison.Ordinal) + 1)..];
        int zeros = fraction.Length - fraction.TrimStart('0').Length;
        string zeroWords = string.Concat(Enumerable.Repeat("zero ", zeros));
        return $"{whole} przecinek {zeroWords}{Cardinal(BigInteger.Parse(fraction, CultureInfo.InvariantCulture))}";
    }

    public override string? Money(double amount, Currency currency)
    {
        if (currency == Currency.Pound || MoneyAmount.Of(amount) is not { } parts || Cardinal(parts.Whole) is not { } whole)
        {
            return null;
        }

        string unit = currency == Currency.Euro
            ? "euro"
            : Form(parts.Whole, ("dolar amerykański", "dolary amerykańskie", "dolarów amerykańskich"));
        return $"{whole} {unit}, {Cardinal(parts.Hundredths)} {Form(parts.Hundredths, ("cent", "centy", "centów"))}";
    }

    private static void AddGroup(List<string> words, int value, int group)
    {
        if (value == 0)
        {
            return;
        }

        (int hundred, int rest) = Math.DivRem(value, 100);
        AddIfAny(words, Hundreds[hundred]);
        if (rest >= 20)
        {
            words.Add(Tens[rest / 10]);
            rest %= 10;
        }

        // "Thousand", not "one thousand".
        if (group == 0 || value != 1)
        {
            AddIfAny(words, Small[rest]);
        }

        AddIfAny(words, Form(value, Scales[group]));
    }

    private static void AddIfAny(List<string> words, string word)
    {
        if (word.Length > 0)
        {
            words.Add(word);
        }
    }

    private static string Form(BigInteger count, (string One, string Few, string Many) forms)
    {
        int lastTwo = (int)(count % 100);
        return count.IsOne ? forms.One
            : lastTwo % 10 is > 1 and < 5 && lastTwo is < 10 or > 20 ? forms.Few
            : forms.Many;
    }
}
