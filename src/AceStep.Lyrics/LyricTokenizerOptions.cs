namespace AceStep.Lyrics;

/// <summary>How the lyrics of a song are read. The defaults are as in the original. Immutable.</summary>
public record LyricReading
{
    /// <summary>The language of every line, one of <see cref="LyricTokenizer.SupportedLanguages"/>. Default: detected line by line.</summary>
    public string? Language { get; init; }

    /// <summary>
    /// Whether a mark such as <c>[lang:ja]</c> at the start of a line sets the line's language and is removed. The original
    /// does not know these marks and would sing them. Default: false.
    /// </summary>
    public bool ReadLanguageMarks { get; init; }

    /// <summary>
    /// Whether lyrics copied from the web are tidied first: common names of sections (<c>[Verse 1]</c>, <c>**[Chorus]**</c>,
    /// <c>【副歌】</c>, <c>Bridge:</c>) become the model's tags, each on its own line; time stamps and notes of LRC files and
    /// Markdown are removed; and lines also end at U+2028 and similar characters. Each change gives a warning <see
    /// cref="LyricWarningKind.Tidied"/>. Default: false; the original would sing all of it.
    /// </summary>
    public bool Tidy { get; init; }
}

/// <summary>How a tokenizer encodes lyrics, including how it reads them if a call does not say. The defaults are as in the original.</summary>
public sealed record LyricTokenizerOptions : LyricReading
{
    /// <summary>
    /// The folder of a MeCab dictionary (UniDic) for Japanese lines. Default: the folder in the environment variable
    /// <c>ACESTEP_UNIDIC</c>, one beside the checkpoint, or Debian's unidic-mecab.
    /// </summary>
    public string? JapaneseDictionary { get; init; }

    /// <summary>
    /// Returns the folder of a dictionary in the program's own cache. Called when the first Japanese line is read; preferred
    /// to the system's dictionary. Default: none.
    /// </summary>
    public Func<string?>? CachedJapaneseDictionary { get; init; }

    /// <summary>
    /// Fetches a dictionary. Called when a Japanese line is read, if MeCab is installed and no dictionary was found. If it
    /// throws, encoding fails with the exception, and the next line tries again. If it returns null, kanji are not read, and
    /// there is a warning. Default: none.
    /// </summary>
    public Func<string?>? FetchJapaneseDictionary { get; init; }

    /// <summary>
    /// The checkpoint's folder. A folder in it or beside it whose name starts with <c>unidic</c> is used as the Japanese
    /// dictionary. Default: none.
    /// </summary>
    public string? CheckpointFolder { get; init; }

    /// <summary>Whether a line that cannot be encoded is an error. By default (false) it is left out, with a warning.</summary>
    public bool Strict { get; init; }
}
