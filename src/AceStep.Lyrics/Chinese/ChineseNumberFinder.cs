using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Chinese;

/// <summary>
/// Finds the numbers of a Chinese text, one kind at a time. Each method implements a regular expression of the original as a
/// scanner, and returns the ranges to be put into words. <c>\d</c> is a digit of any script; digits in the pattern are
/// ASCII.
/// </summary>
internal static partial class ChineseNumberFinder
{
    /// <summary><c>\D+((([089]\d|(19|20)\d{2})年)?(\d{1,2}月(\d{1,2}[日号])?)?)</c>, without empty matches.</summary>
    public static List<Range> Dates(ReadOnlySpan<int> text)
    {
        var found = new List<Range>();
        for (int position = 0; TrySkipToNumber(text, position, out int start);)
        {
            int end = SkipMonth(text, SkipYear(text, start));
            if (end > start)
            {
                found.Add(start..end);
            }

            position = end;
        }

        return found;
    }

    /// <summary><c>\D+((\d+(\.\d+)?)[多余几]?U(\d U?)?)</c>, where U is a unit of money.</summary>
    public static List<Range> Money(ReadOnlySpan<int> text)
    {
        var found = new List<Range>();
        for (int position = 0; TrySkipToNumber(text, position, out int start);)
        {
            position = start;
            int end = SkipMoneyUnit(text, SkipMany(text, SkipNumber(text, start)));
            if (end >= 0)
            {
                if (IsDigit(text, end))
                {
                    end++;
                    int second = SkipMoneyUnit(text, end);
                    end = second < 0 ? end : second;
                }

                found.Add(start..end);
                position = end;
            }
        }

        return found;
    }

    /// <summary><c>\D((\+?86 ?)?1([38]\d|5[0-35-9]|7[678]|9[89])\d{8})\D</c>.</summary>
    public static List<Range> MobileNumbers(ReadOnlySpan<int> text)
    {
        var found = new List<Range>();
        for (int before = 0; before < text.Length; before++)
        {
            if (TextRules.IsDigit(text[before]))
            {
                continue;
            }

            int start = before + 1;
            int end = SkipMobileNumber(text, start);
            if (end >= 0 && end < text.Length && !TextRules.IsDigit(text[end]))
            {
                found.Add(start..end);
                // The character after the number belongs to this match, so it cannot be the one before the next number.
                before = end;
            }
        }

        return found;
    }

    /// <summary><c>\D((0(10|2[1-3]|[3-9]\d{2})-?)?[1-9]\d{6,7})\D</c>.</summary>
    public static List<Range> LandlineNumbers(ReadOnlySpan<int> text)
    {
        var found = new List<Range>();
        for (int before = 0; before < text.Length; before++)
        {
            if (TextRules.IsDigit(text[before]))
            {
                continue;
            }

            int start = before + 1;
            int number = SkipAreaCode(text, start);
            if (number < text.Length && text[number] is >= '1' and <= '9')
            {
                int end = SkipDigits(text, number, 9);
                if (end - number is 7 or 8 && end < text.Length)
                {
                    found.Add(start..end);
                    before = end;
                }
            }
        }

        return found;
    }

    /// <summary><c>(\d+/\d+)</c>.</summary>
    public static List<Range> Fractions(ReadOnlySpan<int> text)
    {
        var found = new List<Range>();
        for (int position = 0; position < text.Length;)
        {
            int start = position;
            position = SkipDigits(text, start);
            if (position > start && position < text.Length && text[position] == '/' && IsDigit(text, position + 1))
            {
                position = SkipDigits(text, position + 1);
                found.Add(start..position);
            }
            else if (position == start)
            {
                position++;
            }
        }

        return found;
    }

    /// <summary><c>(\d+(\.\d+)?%)</c>.</summary>
    public static List<Range> Percentages(ReadOnlySpan<int> text)
    {
        var found = new List<Range>();
        for (int position = 0; position < text.Length;)
        {
            int start = position;
            int end = SkipNumber(text, start);
            if (end > start && end < text.Length && text[end] == '%')
            {
                position = end + 1;
                found.Add(start..position);
            }
            else
            {
                position = Math.Max(SkipDigits(text, start), start + 1);
            }
        }

        return found;
    }

    /// <summary><c>(\d+(\.\d+)?)[多余几]?Q</c>, where Q is a measure word; returns the number's range.</summary>
    public static List<Range> Quantities(ReadOnlySpan<int> text)
    {
        var found = new List<Range>();
        for (int position = 0; position < text.Length;)
        {
            int start = position;
            int end = SkipNumber(text, start);
            if (end > start && IsMeasure(text, SkipMany(text, end)))
            {
                found.Add(start..end);
                position = end;
            }
            else
            {
                position = Math.Max(SkipDigits(text, start), start + 1);
            }
        }

        return found;
    }

    /// <summary><c>(\d{4,32})</c>.</summary>
    public static List<Range> LongDigits(ReadOnlySpan<int> text)
    {
        var found = new List<Range>();
        for (int position = 0; position < text.Length;)
        {
            int end = SkipDigits(text, position, 32);
            if (end - position >= 4)
            {
                found.Add(position..end);
            }

            position = Math.Max(end, position + 1);
        }

        return found;
    }

    /// <summary><c>(\d+(\.\d+)?)</c>.</summary>
    public static List<Range> Numbers(ReadOnlySpan<int> text)
    {
        var found = new List<Range>();
        for (int position = 0; position < text.Length;)
        {
            int end = SkipNumber(text, position);
            if (end > position)
            {
                found.Add(position..end);
            }

            position = Math.Max(end, position + 1);
        }

        return found;
    }
}
