using System.Globalization;
using System.Numerics;

namespace AceStep.Lyrics.Numbers;

/// <summary>The shortest decimal text that gives the same double again, in the form that Python prints.</summary>
internal static class DecimalText
{
    /// <summary>
    /// The significant digits and the position of the decimal point: 12.5 is (125, 2), 0.05 is (5, -1), 0 is (0, 1).
    /// </summary>
    public static (string Digits, int Point) Shortest(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        int letter = text.IndexOf('E', StringComparison.Ordinal);
        int exponent = letter < 0 ? 0 : int.Parse(text.AsSpan(letter + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string mantissa = letter < 0 ? text : text[..letter];
        int stop = mantissa.IndexOf('.', StringComparison.Ordinal);
        string digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        string significant = digits.TrimStart('0');
        int point = (stop < 0 ? mantissa.Length : stop) + exponent - (digits.Length - significant.Length);
        return significant.Length == 0 ? ("0", 1) : (significant.TrimEnd('0'), point);
    }

    /// <summary>Python's text of a float: <c>0.5</c>, <c>12.0</c>, <c>1e+16</c>, <c>1e-05</c>.</summary>
    public static string Of(double value)
    {
        (string digits, int point) = Shortest(value);
        if (point is > 16 or < -3)
        {
            string fraction = digits.Length > 1 ? "." + digits[1..] : "";
            int exponent = point - 1;
            return string.Create(
                CultureInfo.InvariantCulture, $"{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):D2}");
        }

        if (point <= 0)
        {
            return "0." + new string('0', -point) + digits;
        }

        string whole = digits.Length > point ? digits[..point] : digits.PadRight(point, '0');
        return whole + "." + (digits.Length > point ? digits[point..] : "0");
    }

    /// <summary>
    /// The digits after the decimal point, computed with doubles as in the original's library, for as many decimals as the
    /// shortest text has. Null if that overflows.
    /// </summary>
    public static string? Fraction(double value)
    {
        (string digits, int point) = Shortest(value);
        int decimals = Math.Max(digits.Length - point, 0);
        // Larger powers of ten are not doubles.
        if (decimals > 308)
        {
            return null;
        }

        double scaled = Math.Abs(value - Math.Truncate(value))
            * double.Parse(string.Create(CultureInfo.InvariantCulture, $"1e{decimals}"), CultureInfo.InvariantCulture);
        double nearest = Math.Round(scaled);
        double fraction = Math.Abs(nearest - scaled) < 0.01 ? nearest : Math.Floor(scaled);
        return new BigInteger(fraction).ToString(CultureInfo.InvariantCulture).PadLeft(decimals, '0');
    }
}
