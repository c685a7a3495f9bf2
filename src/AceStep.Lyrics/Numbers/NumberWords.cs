using System.Globalization;
using System.Numerics;

namespace AceStep.Lyrics.Numbers;

/// <summary>The currencies whose signs are put into words.</summary>
internal enum Currency
{
    Pound,
    Dollar,
    Euro,
}

/// <summary>
/// A language's number words, exactly as num2words 0.5.14 writes them, including its mistakes, since the token ids depend on
/// them. The result is null if that library fails.
/// </summary>
internal abstract class NumberWords
{
    public abstract string? Cardinal(BigInteger value);

    /// <summary>The ordinal of a non-negative number.</summary>
    public abstract string? Ordinal(BigInteger value);

    /// <summary>The words of a finite, non-negative double.</summary>
    public abstract string? Decimal(double value);

    /// <summary>The words of a finite, non-negative amount of money: whole part and hundredths.</summary>
    public abstract string? Money(double amount, Currency currency);

    /// <summary>Splits a table of words at its spaces.</summary>
    protected static string[] Table(string words) => words.Split(' ');

    /// <summary>The words with the first of the endings that they have replaced; the words themselves if they have none.</summary>
    protected static string ReplaceEnding(string words, (string Ending, string Replacement)[] endings)
    {
        int index = Array.FindIndex(endings, entry => words.EndsWith(entry.Ending, StringComparison.Ordinal));
        return index < 0 ? words : words[..^endings[index].Ending.Length] + endings[index].Replacement;
    }
}

/// <summary>An amount of money, split at the decimal point.</summary>
internal readonly record struct MoneyAmount(BigInteger Whole, int Hundredths)
{
    // From this amount on, the original exceeds the 28 digits of its decimal arithmetic.
    private const double Least = 1e26;

    /// <summary>The exact binary value, rounded half up to hundredths; null if the original fails.</summary>
    public static MoneyAmount? Of(double amount)
    {
        if (!(amount < Least))
        {
            return null;
        }

        long bits = BitConverter.DoubleToInt64Bits(amount);
        int exponent = (int)((bits >> 52) & 0x7FF);
        BigInteger mantissa = bits & 0xF_FFFF_FFFF_FFFF;
        if (exponent == 0)
        {
            exponent = 1;
        }
        else
        {
            mantissa += BigInteger.One << 52;
        }

        exponent -= 1075;
        BigInteger hundredths = exponent >= 0
            ? (mantissa * 100) << exponent
            : (mantissa * 200 + (BigInteger.One << -exponent)) >> (1 - exponent);
        BigInteger whole = BigInteger.DivRem(hundredths, 100, out BigInteger rest);
        return new MoneyAmount(whole, (int)rest);
    }
}

/// <summary>The names of a currency's unit and hundredth, in singular and plural.</summary>
internal readonly record struct MoneyNames(string Unit, string Units, string Hundredth, string Hundredths)
{
    public string UnitOf(BigInteger count) => count.IsOne ? Unit : Units;

    public string HundredthOf(int count) => count == 1 ? Hundredth : Hundredths;
}

/// <summary>Splits numbers into groups of three digits.</summary>
internal static class DigitGroups
{
    /// <summary>The groups, each 0 to 999, lowest first; for 0, one group.</summary>
    public static int[] Of(BigInteger value)
    {
        string digits = value.ToString(CultureInfo.InvariantCulture);
        var groups = new int[(digits.Length + 2) / 3];
        for (int group = 0; group < groups.Length; group++)
        {
            int end = digits.Length - 3 * group;
            groups[group] = int.Parse(digits.AsSpan(Math.Max(end - 3, 0)..end), CultureInfo.InvariantCulture);
        }

        return groups;
    }
}
