using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Japanese;

/// <summary>Splits Japanese text into words.</summary>
internal interface IJapaneseAnalyzer
{
    /// <summary>The folder of the dictionary in use, or null if there is none.</summary>
    string? Dictionary { get; }

    /// <summary>The words of a text in compatibility form (NFKC) without lone surrogates. Thread-safe.</summary>
    IReadOnlyList<JapaneseWord> Analyze(string text);
}

/// <summary>The kind of a word's first character, with the dictionaries' numbers.</summary>
internal enum CharacterKind : byte
{
    Other = 0,
    AsciiLetter = 5,
    Hiragana = 6,
    Katakana = 7,
}

/// <summary>The data of one word that romanisation needs. Fields that the dictionary lacks are empty.</summary>
internal sealed record JapaneseWord(string Surface, CharacterKind Kind)
{
    // The dictionaries' mark for an empty field.
    private const string None = "*";

    /// <summary>The part of speech.</summary>
    public string Class { get; init; } = None;

    /// <summary>The part of speech, second level.</summary>
    public string Subclass { get; init; } = None;

    public string Lemma { get; init; } = "";

    /// <summary>How it is pronounced, in katakana.</summary>
    public string Pronunciation { get; init; } = "";

    /// <summary>How it is written in katakana.</summary>
    public string Kana { get; init; } = "";

    public bool IsUnknown { get; init; }

    public bool HasSpaceBefore { get; init; }
}

/// <summary>
/// The analyzer without a dictionary: each run of hiragana, katakana or ASCII is a word, and punctuation is recognised by
/// its character. Kanji have no reading; like every word that MeCab does not know, they are sung as "?".
/// </summary>
internal sealed class KanaOnlyAnalyzer : IJapaneseAnalyzer
{
    private const string Punctuation = "補助記号";

    private enum Script
    {
        Space,
        Ascii,
        Hiragana,
        Katakana,
        Other,
    }

    public string? Dictionary => null;

    public IReadOnlyList<JapaneseWord> Analyze(string text)
    {
        int[] codePoints = CodePoints.Of(text);
        var words = new List<JapaneseWord>();
        bool space = false;
        for (int start = 0; start < codePoints.Length;)
        {
            Script script = ScriptOf(codePoints[start]);
            int end = start + 1;
            while (script != Script.Other && end < codePoints.Length
                && (ScriptOf(codePoints[end]) == script || (IsMark(codePoints[end]) && script is Script.Hiragana or Script.Katakana)))
            {
                end++;
            }

            if (script != Script.Space)
            {
                words.Add(Word(CodePoints.ToText(codePoints.AsSpan(start..end)), script, space));
            }

            space = script == Script.Space;
            start = end;
        }

        return words;
    }

    private static JapaneseWord Word(string surface, Script script, bool hasSpaceBefore)
    {
        bool symbol = script == Script.Other && KanaTable.FindSymbol(surface) is not null;
        CharacterKind kind = script switch
        {
            Script.Hiragana => CharacterKind.Hiragana,
            Script.Katakana => CharacterKind.Katakana,
            Script.Ascii when char.IsAsciiLetter(surface[0]) => CharacterKind.AsciiLetter,
            _ => CharacterKind.Other,
        };
        return new JapaneseWord(surface, kind)
        {
            Class = symbol ? Punctuation : "*",
            IsUnknown = !symbol,
            HasSpaceBefore = hasSpaceBefore,
        };
    }

    private static Script ScriptOf(int codePoint) => codePoint switch
    {
        _ when TextRules.IsSpace(codePoint) => Script.Space,
        < 0x80 => Script.Ascii,
        (>= 0x3041 and <= 0x3096) or 0x309D or 0x309E => Script.Hiragana,
        (>= 0x30A1 and <= 0x30FA) or 0x30FD or 0x30FE or (>= 0x31F0 and <= 0x31FF) => Script.Katakana,
        _ => Script.Other,
    };

    // Length marks and voicing marks belong to the kana before them.
    private static bool IsMark(int codePoint) => codePoint is 'ー' or 0x3099 or 0x309A;
}
