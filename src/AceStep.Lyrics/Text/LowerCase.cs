using System.Globalization;
using System.Text;

namespace AceStep.Lyrics.Text;

/// <summary>Lower-cases by Unicode's full mapping, which differs from .NET's for two letters: İ, and sigma at the end of a word.</summary>
internal static class LowerCase
{
    private const char DottedCapitalI = '\u0130';
    private const char CapitalSigma = '\u03A3';
    private const char FinalSigma = '\u03C2';
    private const string DottedI = "i\u0307";

    public static string Of(string text)
    {
        string lower = text.ToLowerInvariant();
        return text.AsSpan().IndexOfAny(DottedCapitalI, CapitalSigma) < 0 ? lower : WithSpecialLetters(text, lower);
    }

    // ToLowerInvariant maps each UTF-16 unit to one unit, so positions in both texts are the same.
    private static string WithSpecialLetters(string text, string lower)
    {
        var result = new StringBuilder(lower.Length + 8);
        // Whether there is a cased letter before, skipping case-ignorable characters.
        bool afterCased = false;
        for (int index = 0; index < text.Length;)
        {
            int start = index;
            int codePoint = CodePoints.Next(text, ref index);
            switch (codePoint)
            {
                case DottedCapitalI:
                    result.Append(DottedI);
                    break;
                case CapitalSigma when afterCased && !IsCasedNext(text, index):
                    result.Append(FinalSigma);
                    break;
                default:
                    result.Append(lower, start, index - start);
                    break;
            }

            if (!IsCaseIgnorable(codePoint))
            {
                afterCased = IsCased(codePoint);
            }
        }

        return result.ToString();
    }

    // Called for each sigma. It stops at the next cased letter, so no run of case-ignorable characters is read twice.
    private static bool IsCasedNext(string text, int index)
    {
        while (index < text.Length)
        {
            int codePoint = CodePoints.Next(text, ref index);
            if (!IsCaseIgnorable(codePoint))
            {
                return IsCased(codePoint);
            }
        }

        return false;
    }

    private static bool IsCased(int codePoint) =>
        CharUnicodeInfo.GetUnicodeCategory(codePoint)
            is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
        || codePoint is 0xAA or 0xBA or (>= 0x2160 and <= 0x217F) or (>= 0x24B6 and <= 0x24E9)
            or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189);

    private static bool IsCaseIgnorable(int codePoint) =>
        CharUnicodeInfo.GetUnicodeCategory(codePoint)
            is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol
        || codePoint is '\'' or '.' or ':' or 0xB7 or 0x387 or 0x55F or 0x5F4 or 0x2018 or 0x2019 or 0x2024 or 0x2027
            or 0xFE13 or 0xFE52 or 0xFE55 or 0xFF07 or 0xFF0E or 0xFF1A;
}
