using System.Globalization;
using System.Text;

namespace AceStep.Lyrics.Text;

/// <summary>Word characters, white space and digits as the original (Python) defines them, which differs from .NET's regular expressions.</summary>
internal static class TextRules
{
    /// <summary>Letters, numbers of every kind and the underscore, but not marks.</summary>
    public static bool IsWord(int codePoint)
    {
        if (codePoint < 0x80)
        {
            return char.IsAsciiLetterOrDigit((char)codePoint) || codePoint == '_';
        }

        if (codePoint < 0)
        {
            return false;
        }

        return CharUnicodeInfo.GetUnicodeCategory(codePoint) is <= UnicodeCategory.OtherLetter
            or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber
            && !NewerCharacters.Contains(codePoint);
    }

    /// <summary>Separators, white-space control characters, and U+001C to U+001F, which .NET does not count.</summary>
    public static bool IsSpace(int codePoint)
    {
        if (codePoint < 0x80)
        {
            return codePoint is ' ' or (>= 0x09 and <= 0x0D) or (>= 0x1C and <= 0x1F);
        }

        return codePoint == 0x85 || CharUnicodeInfo.GetUnicodeCategory(codePoint)
            is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
    }

    /// <summary>A decimal digit of any script.</summary>
    public static bool IsDigit(int codePoint)
    {
        if (codePoint < 0x80)
        {
            return codePoint is >= '0' and <= '9';
        }

        return CharUnicodeInfo.GetUnicodeCategory(codePoint) == UnicodeCategory.DecimalDigitNumber
            && !NewerCharacters.Contains(codePoint);
    }

    /// <summary>The value, 0 to 9, of a decimal digit of any script.</summary>
    public static int DigitValue(int codePoint) => (int)Rune.GetNumericValue(new Rune(codePoint));

    /// <summary>Whether a word begins or ends directly before the UTF-16 position <paramref name="index"/>.</summary>
    public static bool IsWordBoundary(ReadOnlySpan<char> text, int index) =>
        IsWord(CodePoints.Before(text, index)) != IsWord(CodePoints.At(text, index));

    /// <summary>Whether the text has only white space.</summary>
    public static bool IsBlank(ReadOnlySpan<int> text)
    {
        foreach (int codePoint in text)
        {
            if (!IsSpace(codePoint))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The text without white space at its ends. All white space is in the basic plane.</summary>
    public static string Strip(string text)
    {
        int start = 0;
        int end = text.Length;
        while (start < end && IsSpace(text[start]))
        {
            start++;
        }

        while (end > start && IsSpace(text[end - 1]))
        {
            end--;
        }

        return text[start..end];
    }

    /// <summary>Replaces every run of white space by one U+0020.</summary>
    public static string CollapseWhiteSpace(string text)
    {
        var result = new StringBuilder(text.Length);
        bool inRun = false;
        foreach (char unit in text)
        {
            bool space = IsSpace(unit);
            if (!space)
            {
                result.Append(unit);
            }
            else if (!inRun)
            {
                result.Append(' ');
            }

            inRun = space;
        }

        return result.ToString();
    }
}

/// <summary>
/// Characters that were assigned after Unicode 14. The original uses that version, in which they are neither letters nor
/// digits. They are listed so that the result does not depend on the Unicode version of the .NET release.
/// </summary>
internal static class NewerCharacters
{
    // First and last code point of each range, ascending (Unicode 15, 15.1 and 16).
    private static readonly int[] Ranges =
    [
        0x897, 0x897, 0xCF3, 0xCF3, 0xECE, 0xECE, 0x1B4E, 0x1B4F, 0x1B7F, 0x1B7F, 0x1C89, 0x1C8A, 0x2427, 0x2429,
        0x2FFC, 0x2FFF, 0x31E4, 0x31E5, 0x31EF, 0x31EF, 0xA7CB, 0xA7CD, 0xA7DA, 0xA7DC, 0x105C0, 0x105F3, 0x10D40,
        0x10D65, 0x10D69, 0x10D85, 0x10D8E, 0x10D8F, 0x10EC2, 0x10EC4, 0x10EFC, 0x10EFF, 0x1123F, 0x11241, 0x11380,
        0x11389, 0x1138B, 0x1138B, 0x1138E, 0x1138E, 0x11390, 0x113B5, 0x113B7, 0x113C0, 0x113C2, 0x113C2, 0x113C5,
        0x113C5, 0x113C7, 0x113CA, 0x113CC, 0x113D5, 0x113D7, 0x113D8, 0x113E1, 0x113E2, 0x116D0, 0x116E3, 0x11B00,
        0x11B09, 0x11BC0, 0x11BE1, 0x11BF0, 0x11BF9, 0x11F00, 0x11F10, 0x11F12, 0x11F3A, 0x11F3E, 0x11F5A, 0x1342F,
        0x1342F, 0x13439, 0x13455, 0x13460, 0x143FA, 0x16100, 0x16139, 0x16D40, 0x16D79, 0x18CFF, 0x18CFF, 0x1B132,
        0x1B132, 0x1B155, 0x1B155, 0x1CC00, 0x1CCF9, 0x1CD00, 0x1CEB3, 0x1D2C0, 0x1D2D3, 0x1DF25, 0x1DF2A, 0x1E030,
        0x1E06D, 0x1E08F, 0x1E08F, 0x1E4D0, 0x1E4F9, 0x1E5D0, 0x1E5FA, 0x1E5FF, 0x1E5FF, 0x1F6DC, 0x1F6DC, 0x1F774,
        0x1F776, 0x1F77B, 0x1F77F, 0x1F7D9, 0x1F7D9, 0x1F8B2, 0x1F8BB, 0x1F8C0, 0x1F8C1, 0x1FA75, 0x1FA77, 0x1FA87,
        0x1FA89, 0x1FA8F, 0x1FA8F, 0x1FAAD, 0x1FAAF, 0x1FABB, 0x1FABF, 0x1FAC6, 0x1FAC6, 0x1FACE, 0x1FACF, 0x1FADA,
        0x1FADC, 0x1FADF, 0x1FADF, 0x1FAE8, 0x1FAE9, 0x1FAF7, 0x1FAF8, 0x1FBCB, 0x1FBEF, 0x2B739, 0x2B739, 0x2EBF0,
        0x2EE5D, 0x31350, 0x323AF,
    ];

    public static bool Contains(int codePoint)
    {
        if (codePoint < Ranges[0])
        {
            return false;
        }

        int index = Array.BinarySearch(Ranges, codePoint);
        // Inside a range, the number of entries below is odd.
        return index >= 0 || (~index & 1) == 1;
    }
}
