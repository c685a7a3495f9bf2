using System.Globalization;
using System.Text;

namespace AceStep.Lyrics.Text;

/// <summary>What counts as a word character, a space and a digit for the original, which is not what .NET's expressions count.</summary>
internal static class TextRules
{
    /// <summary>Letters, numbers of every kind and the underscore; no marks.</summary>
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

    /// <summary>Separators, the control characters that separate, and U+001C to U+001F, which .NET does not count.</summary>
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

    /// <summary>Whether a word begins or ends between the two UTF-16 positions before and at <paramref name="index"/>.</summary>
    public static bool IsWordBoundary(ReadOnlySpan<char> text, int index) =>
        IsWord(CodePoints.Before(text, index)) != IsWord(CodePoints.At(text, index));

    /// <summary>Whether there is nothing but white space.</summary>
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

    /// <summary>The text without white space at its ends. All white space lies in the basic plane.</summary>
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

    /// <summary>Every run of white space becomes one U+0020.</summary>
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
