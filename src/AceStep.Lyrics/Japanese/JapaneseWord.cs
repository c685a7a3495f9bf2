namespace AceStep.Lyrics.Japanese;

/// <summary>The kind of the character that an analysed word starts with, as the dictionaries number it.</summary>
internal enum CharacterKind : byte
{
    Other = 0,
    AsciiLetter = 5,
    Hiragana = 6,
    Katakana = 7,
}

/// <summary>What romanisation needs of one word; fields that the dictionary lacks are empty.</summary>
internal sealed record JapaneseWord(string Surface, CharacterKind Kind)
{
    // What the dictionaries write for "nothing".
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
