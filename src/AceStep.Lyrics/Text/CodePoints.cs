using System.Text;

namespace AceStep.Lyrics.Text;

/// <summary>
/// Strings as Unicode code points. The original counts and compares code points, not UTF-16 units. A lone surrogate counts
/// as a code point, since the original keeps it until the last step.
/// </summary>
internal static class CodePoints
{
    /// <summary>The code point that starts at <paramref name="index"/>; the index moves past it.</summary>
    public static int Next(ReadOnlySpan<char> text, ref int index)
    {
        char first = text[index++];
        if (char.IsHighSurrogate(first) && index < text.Length && char.IsLowSurrogate(text[index]))
        {
            return char.ConvertToUtf32(first, text[index++]);
        }

        return first;
    }

    /// <summary>The code point that ends before <paramref name="index"/>, or -1 at the start of the text.</summary>
    public static int Before(ReadOnlySpan<char> text, int index)
    {
        if (index <= 0)
        {
            return -1;
        }

        char last = text[index - 1];
        return index > 1 && char.IsLowSurrogate(last) && char.IsHighSurrogate(text[index - 2])
            ? char.ConvertToUtf32(text[index - 2], last)
            : last;
    }

    /// <summary>The code point that starts at <paramref name="index"/>, or -1 at the end of the text.</summary>
    public static int At(ReadOnlySpan<char> text, int index) => index < text.Length ? Next(text, ref index) : -1;

    public static int[] Of(ReadOnlySpan<char> text)
    {
        var codePoints = new int[text.Length];
        int count = 0;
        for (int index = 0; index < text.Length;)
        {
            codePoints[count++] = Next(text, ref index);
        }

        Array.Resize(ref codePoints, count);
        return codePoints;
    }

    public static string ToText(ReadOnlySpan<int> codePoints)
    {
        var text = new StringBuilder(codePoints.Length);
        foreach (int codePoint in codePoints)
        {
            Append(text, codePoint);
        }

        return text.ToString();
    }

    public static void Append(StringBuilder text, int codePoint)
    {
        if (codePoint < 0x10000)
        {
            text.Append((char)codePoint);
        }
        else
        {
            text.Append((char)(0xD800 + ((codePoint - 0x10000) >> 10))).Append((char)(0xDC00 + (codePoint & 0x3FF)));
        }
    }

    /// <summary>Whether the text holds a surrogate without its partner.</summary>
    public static bool HasLoneSurrogate(ReadOnlySpan<char> text)
    {
        int index = text.IndexOfAnyInRange('\uD800', '\uDFFF');
        while (index >= 0 && index < text.Length)
        {
            if (Next(text, ref index) is >= 0xD800 and <= 0xDFFF)
            {
                return true;
            }
        }

        return false;
    }
}
