using System.Text;

namespace AceStep.Lyrics.Chinese;

/// <summary>Readings with a tone mark as readings with a tone digit at the end: lüè is lve4, de is de5.</summary>
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

    // Only m̄, m̀, ê̄ and ê̌ have no character of their own.
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
