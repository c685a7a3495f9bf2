using System.Text;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Chinese;

/// <summary>Converts Chinese characters to pinyin with tone digits, without separators: 你好 becomes ni3hao3. Other characters stay.</summary>
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

    // As in the original: the longest sequence of characters with which a phrase begins is taken. If it is not a phrase
    // itself, no shorter one is tried, and at the end of the run the remaining characters are read one by one.
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
            // Without a reading, the original uses the character itself and adds the neutral tone.
            CodePoints.Append(result, codePoint);
            result.Append('5');
        }
    }
}

/// <summary>The characters for which pinyin is looked up.</summary>
internal static class HanCharacters
{
    // First and last code point of each range.
    private static readonly int[] Ranges =
    [
        0x3007, 0x3007, 0x3400, 0x4DBF, 0x4E00, 0x9FFF, 0xE815, 0xE864, 0xF900, 0xFAFF, 0x20000, 0x2A6DF,
        0x2A703, 0x2B73F, 0x2B740, 0x2B81D, 0x2B825, 0x2BF6E, 0x2C029, 0x2CE93, 0x2D016, 0x2D016, 0x2D11B, 0x2EBD9,
        0x2F80A, 0x2FA1F, 0x300F7, 0x31288,
    ];

    public static bool Contains(int codePoint)
    {
        if (codePoint < Ranges[0])
        {
            return false;
        }

        for (int index = 0; index < Ranges.Length; index += 2)
        {
            if (codePoint >= Ranges[index] && codePoint <= Ranges[index + 1])
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Converts readings with a tone mark to readings with a tone digit at the end: lüè becomes lve4, de becomes de5.</summary>
internal static class ToneMarks
{
    private const char NeutralTone = '5';

    public static void AppendWithDigit(StringBuilder result, ReadOnlySpan<char> reading)
    {
        char tone = NeutralTone;
        for (int index = 0; index < reading.Length; index++)
        {
            char next = index + 1 < reading.Length ? reading[index + 1] : '\0';
            (char letter, int digit) = Split(reading[index], next);
            result.Append(letter);
            if (digit > 0)
            {
                tone = (char)('0' + digit);
            }

            if (IsCombiningTone(next))
            {
                index++;
            }
        }

        result.Append(tone);
    }

    // Needed for m̄, m̀, ê̄ and ê̌, which are not single characters.
    private static bool IsCombiningTone(char mark) => mark is '\u0304' or '\u0300' or '\u030C';

    private static (char Letter, int Tone) Split(char letter, char mark) => letter switch
    {
        'ā' => ('a', 1), 'á' => ('a', 2), 'ǎ' => ('a', 3), 'à' => ('a', 4),
        'ē' => ('e', 1), 'é' => ('e', 2), 'ě' => ('e', 3), 'è' => ('e', 4),
        'ō' => ('o', 1), 'ó' => ('o', 2), 'ǒ' => ('o', 3), 'ò' => ('o', 4),
        'ī' => ('i', 1), 'í' => ('i', 2), 'ǐ' => ('i', 3), 'ì' => ('i', 4),
        'ū' => ('u', 1), 'ú' => ('u', 2), 'ǔ' => ('u', 3), 'ù' => ('u', 4),
        'ü' => ('v', 0), 'ǖ' => ('v', 1), 'ǘ' => ('v', 2), 'ǚ' => ('v', 3), 'ǜ' => ('v', 4),
        'ń' => ('n', 2), 'ň' => ('n', 3), 'ǹ' => ('n', 4),
        'ḿ' => ('m', 2),
        'ế' => ('ê', 2), 'ề' => ('ê', 4),
        _ => (letter, mark switch { '\u0304' => 1, '\u030C' => 3, '\u0300' => 4, _ => 0 }),
    };
}
