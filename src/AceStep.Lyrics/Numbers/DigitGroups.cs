using System.Globalization;
using System.Numerics;

namespace AceStep.Lyrics.Numbers;

/// <summary>Numbers in groups of three digits.</summary>
internal static class DigitGroups
{
    /// <summary>The groups, 0 to 999, lowest first; one group for 0.</summary>
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
