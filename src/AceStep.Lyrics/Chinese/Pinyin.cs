using System.Text;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Chinese;

/// <summary>Chinese characters as pinyin with tone digits, without separators: 你好 is ni3hao3. The rest stays as it is.</summary>
internal static class Pinyin
{
    public static string Of(string text)
    {
        ReadOnlySpan<int> codePoints = CodePoints.Of(text);
        var result = new StringBuilder(text.Length * 4);
        for (int position = 0; position < codePoints.Length;)
        {
            int end = position;
            while (end < codePoints.Length && HanCharacters.Contains(codePoints[end]))
            {
                end++;
            }

            if (end == position)
            {
                CodePoints.Append(result, codePoints[position++]);
                continue;
            }

            AppendRun(result, codePoints[position..end], PinyinTables.Shared.Value);
            position = end;
        }

        return result.ToString();
    }

    // The longest chain of phrase beginnings decides. Where it is no phrase, no shorter phrase is tried, and at the end
    // of the run all that is left is read character by character: so does the original.
    private static void AppendRun(StringBuilder result, ReadOnlySpan<int> run, PinyinTables tables)
    {
        for (int position = 0; position < run.Length;)
        {
            PhraseRange phrases = tables.Phrases;
            int length = 0;
            while (position + length < run.Length)
            {
                PhraseRange longer = tables.Narrow(phrases, length, run[position + length]);
                if (longer.IsEmpty)
                {
                    break;
                }

                phrases = longer;
                length++;
            }

            ReadOnlySpan<char> readings = length > 0 ? tables.PhraseReadings(phrases, length) : [];
            if (readings.Length > 0)
            {
                foreach (Range reading in readings.Split(' '))
                {
                    ToneMarks.AppendWithDigit(result, readings[reading]);
                }

                position += length;
                continue;
            }

            int single = position + length == run.Length ? Math.Max(length, 1) : 1;
            for (int end = position + single; position < end; position++)
            {
                AppendCharacter(result, run[position], tables);
            }
        }
    }

    private static void AppendCharacter(StringBuilder result, int codePoint, PinyinTables tables)
    {
        if (tables.Reading(codePoint) is { } reading)
        {
            result.Append(reading);
        }
        else
        {
            // The original takes the character for its own reading and adds the neutral tone.
            CodePoints.Append(result, codePoint);
            result.Append('5');
        }
    }
}
