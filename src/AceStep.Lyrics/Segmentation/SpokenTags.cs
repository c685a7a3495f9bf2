using System.Runtime.InteropServices;
using System.Text;
using AceStep.Lyrics.Chinese;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Segmentation;

/// <summary>
/// Four paired tags whose content the original converts to spoken Chinese before it counts characters. Only the length of
/// the result matters, as it influences which language is detected.
/// </summary>
internal static class SpokenTags
{
    /// <summary>The spoken content, or null if the name is not one of the four.</summary>
    public static string? Speak(string name, ReadOnlySpan<int> content)
    {
        string text = CodePoints.ToText(content);
        return name switch
        {
            "telephone" => Number(text.Replace("+86", "", StringComparison.Ordinal)).Replace('一', '幺'),
            "number" => Number(text),
            "currency" => Amount(text),
            "date" => Date(text),
            _ => null,
        };
    }

    // Digit by digit. Digits of other scripts are left out.
    private static string Number(string text)
    {
        var result = new StringBuilder(text.Length);
        for (int index = 0; index < text.Length;)
        {
            int codePoint = CodePoints.Next(text, ref index);
            if (codePoint is >= '0' and <= '9')
            {
                result.Append(ChineseNumerals.Digit(codePoint - '0'));
            }
            else if (!TextRules.IsDigit(codePoint))
            {
                CodePoints.Append(result, codePoint == '.' ? ChineseNumerals.Point : codePoint);
            }
        }

        return result.ToString();
    }

    // Each run of digits as one number.
    private static string Amount(string text)
    {
        var result = new List<int>(text.Length);
        ReadOnlySpan<int> codePoints = CodePoints.Of(text);
        for (int index = 0; index < codePoints.Length;)
        {
            int start = index;
            while (index < codePoints.Length && TextRules.IsDigit(codePoints[index]))
            {
                index++;
            }

            if (index == start)
            {
                result.Add(codePoints[index] == '.' ? ChineseNumerals.Point : codePoints[index]);
                index++;
                continue;
            }

            ReadOnlySpan<int> digits = codePoints[start..index];
            if (digits.ContainsAnyExceptInRange('0', '9') || !ChineseNumerals.TryAppendSpoken(result, digits))
            {
                throw new SegmentationException("it holds an amount that cannot be spoken");
            }
        }

        return CodePoints.ToText(CollectionsMarshal.AsSpan(result));
    }

    private static string Date(string text)
    {
        if (TextRules.Strip(text).Length == 0)
        {
            return "";
        }

        string[] parts = ReplaceAny(text, "/._|年月", '-').Replace("日", "", StringComparison.Ordinal).Split(' ');
        bool onlyTime = parts.Length == 1 && parts[0].Contains(':', StringComparison.Ordinal);
        string time = onlyTime ? parts[0] : parts.ElementAtOrDefault(1) ?? "";
        return (onlyTime ? "" : Day(parts[0])) + Time(time);
    }

    private static string Day(string text)
    {
        string[] parts = text.Split('-');
        bool yearFirst = parts.Length == 3 || parts[0].Length == 4;
        (string year, string month, string day) = (parts.Length, yearFirst) switch
        {
            (3, _) => (parts[0], parts[1], parts[2]),
            (2, true) => (parts[0], parts[1], ""),
            (2, false) => ("", parts[0], parts[1]),
            (_, true) => (parts[0], "", ""),
            _ => ("", "", parts[0]),
        };
        return CollapseRuns(
            Unless(Number(year), "年") + Unless(Amount(month), "月") + Unless(Amount(day), "日"), "年月日|");
    }

    private static string Time(string text)
    {
        string[] parts = ReplaceAny(text, "/.-：_", ':').Split(':');
        string spoken = parts.Length switch
        {
            3 => Unless(Amount(parts[0]), "点") + Unless(Amount(parts[1]), "分") + Unless(Amount(parts[2]), "秒"),
            2 => Unless(Amount(parts[0]), "点") + Unless(Amount(parts[1]), "分"),
            _ => parts[0].Length > 0 ? parts[0] + "点" : "",
        };
        return CollapseRuns(spoken, "点分秒|");
    }

    private static string Unless(string number, string unit) => number is "" or "0" ? "" : number + unit;

    // Reduces each run of these characters to its last one.
    private static string CollapseRuns(string text, string characters)
    {
        var result = new StringBuilder(text.Length);
        for (int index = 0; index < text.Length; index++)
        {
            bool followed = index + 1 < text.Length && characters.Contains(text[index + 1], StringComparison.Ordinal);
            if (!followed || !characters.Contains(text[index], StringComparison.Ordinal))
            {
                result.Append(text[index]);
            }
        }

        return result.ToString();
    }

    private static string ReplaceAny(string text, string characters, char replacement)
    {
        foreach (char character in characters)
        {
            text = text.Replace(character, replacement);
        }

        return text;
    }
}
