namespace AceStep.Lyrics;

/// <summary>Lyrics as the model reads them.</summary>
/// <param name="Ids">The token ids: the start token, then each line's ids and one that ends the line.</param>
/// <param name="Lines">A report of each line, dropped and blank ones included.</param>
public sealed record LyricEncoding(IReadOnlyList<int> Ids, IReadOnlyList<LyricLine> Lines);

/// <summary>What became of one line of lyrics.</summary>
public sealed record LyricLine
{
    /// <summary>The line's number, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>The line as written, without white space at its ends and without a language mark that was read.</summary>
    public required string Text { get; init; }

    /// <summary>The language it is sung in, one of <see cref="LyricTokenizer.SupportedLanguages"/>; null for a blank line.</summary>
    public string? Language { get; init; }

    /// <summary>
    /// The language that was found, one of the 97 that the identifier knows or the name of a tag; null for a blank line and
    /// where the caller named the language.
    /// </summary>
    public string? DetectedLanguage { get; init; }

    /// <summary>What is sung: lower case, numbers and signs in words, Latin letters for Chinese, Japanese and Korean; null for a blank or dropped line.</summary>
    public string? Cleaned { get; init; }

    /// <summary>The line's token ids, without the one that ends the line; empty for a blank or dropped line.</summary>
    public IReadOnlyList<int> Ids { get; init; } = [];

    /// <summary>What makes the line sound other than it reads; empty if nothing does.</summary>
    public IReadOnlyList<LyricWarning> Warnings { get; init; } = [];

    /// <summary>The folder of the dictionary that a Japanese line was read with; null without one and in other languages.</summary>
    public string? JapaneseDictionary { get; init; }

    /// <summary>Whether the line is left out: it has neither ids nor a line end.</summary>
    public bool IsDropped { get; init; }
}

/// <summary>Something that makes a line sound other than it reads.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Message">One sentence in English, without the line's number.</param>
public sealed record LyricWarning(LyricWarningKind Kind, string Message)
{
    /// <summary>The message.</summary>
    public override string ToString() => Message;
}

/// <summary>What a <see cref="LyricWarning"/> is about.</summary>
public enum LyricWarningKind
{
    /// <summary>The line cannot be encoded and is not sung at all.</summary>
    LineDropped,

    /// <summary>The language that was found is none of the supported ones; the line is sung as English.</summary>
    UnsupportedLanguage,

    /// <summary>The language could not be found; the line is sung as English.</summary>
    LanguageNotFound,

    /// <summary>A number cannot be put into words, so every number of the line stays digits.</summary>
    NumbersKept,

    /// <summary>The line has characters that the vocabulary lacks.</summary>
    UnknownCharacters,

    /// <summary>There is no usable Japanese dictionary, or a named one was passed over.</summary>
    JapaneseDictionary,

    /// <summary>A part of the line is left out.</summary>
    TextCut,

    /// <summary>The text could not be brought into its regular form first.</summary>
    NotNormalized,

    /// <summary>The line looks like a structure tag that the model does not know, a time stamp or Markdown, and is sung as it is written.</summary>
    UnknownTag,

    /// <summary>The line holds a break at which the model's lines do not end (U+2028 and its like).</summary>
    LineBreak,

    /// <summary>The line was tidied, as it was asked for: it was written otherwise, or is left out.</summary>
    Tidied,
}

/// <summary>A line of lyrics that cannot be encoded, where <see cref="LyricTokenizerOptions.Strict"/> asks for an error.</summary>
public sealed class LyricLineException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="lineNumber">The line's number, from 1.</param>
    /// <param name="reason">Why it cannot be encoded.</param>
    /// <param name="innerException">What was thrown below, or null.</param>
    public LyricLineException(int lineNumber, string reason, Exception? innerException = null)
        : base($"Line {lineNumber} of the lyrics cannot be sung: {reason}.", innerException) => LineNumber = lineNumber;

    /// <summary>The line's number, from 1.</summary>
    public int LineNumber { get; }
}
