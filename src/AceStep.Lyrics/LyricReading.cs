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
