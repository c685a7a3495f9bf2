namespace AceStep.Lyrics;

/// <summary>How the lyrics of one song are read. The defaults do what the original does. Immutable.</summary>
public record LyricReading
{
    /// <summary>The language of every line, one of <see cref="LyricTokenizer.SupportedLanguages"/>. Default: found line by line.</summary>
    public string? Language { get; init; }

    /// <summary>
    /// Whether <c>[lang:ja]</c> at the start of a line names its language and is taken out. Not known to the original, which
    /// would sing it. Default: false.
    /// </summary>
    public bool ReadLanguageMarks { get; init; }

    /// <summary>
    /// Whether lyrics from the web are tidied first: known spellings of sections become the model's tags, each on its own
    /// line (<c>[Verse 1]</c>, <c>**[Chorus]**</c>, <c>【副歌】</c>, <c>Bridge:</c>), time stamps and notes of LRC files and
    /// Markdown are taken out, and lines also end at U+2028 and its like. Each change is told as
    /// <see cref="LyricWarningKind.Tidied"/>. Default: false, since the original would sing all of it.
    /// </summary>
    public bool Tidy { get; init; }
}

/// <summary>How lyrics become tokens: how they are read where a call does not say it, and what for. The defaults do what the original does.</summary>
public sealed record LyricTokenizerOptions : LyricReading
{
    /// <summary>
    /// The folder of a MeCab dictionary in UniDic form for Japanese lines. Default: the folder that the environment variable
    /// <c>ACESTEP_UNIDIC</c> names, one beside the checkpoint, or Debian's unidic-mecab.
    /// </summary>
    public string? JapaneseDictionary { get; init; }

    /// <summary>
    /// Gives the folder of a dictionary that a program keeps for itself; asked when the first Japanese line comes, and taken
    /// before the system's. Default: none.
    /// </summary>
    public Func<string?>? CachedJapaneseDictionary { get; init; }

    /// <summary>
    /// Brings a dictionary where there is none: asked when a Japanese line comes, MeCab is there and no dictionary was found.
    /// What it throws comes out of the encoding, and the next line asks again; null leaves kanji unread, with a warning.
    /// Default: none.
    /// </summary>
    public Func<string?>? FetchJapaneseDictionary { get; init; }

    /// <summary>
    /// The checkpoint's folder. A folder in it or beside it whose name starts with <c>unidic</c> is taken as the Japanese
    /// dictionary. Default: none.
    /// </summary>
    public string? CheckpointFolder { get; init; }

    /// <summary>Whether a line that cannot be encoded is an error, not a line left out with a warning. Default: false.</summary>
    public bool Strict { get; init; }
}
