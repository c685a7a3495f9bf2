using System.Numerics;

namespace AceStep.Lyrics.Numbers;

/// <summary>An amount of money, cut at the point.</summary>
internal readonly record struct MoneyAmount(BigInteger Whole, int Hundredths)
{
    // From here on the original's decimal arithmetic runs out of its 28 digits.
    private const double Least = 1e26;

    /// <summary>The exact binary value rounded to hundredths, half up; null where the original fails.</summary>
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

/// <summary>The forms of a currency's names: one and several.</summary>
internal readonly record struct MoneyNames(string Unit, string Units, string Hundredth, string Hundredths)
{
    public string UnitOf(BigInteger count) => count.IsOne ? Unit : Units;

    public string HundredthOf(int count) => count == 1 ? Hundredth : Hundredths;
}
