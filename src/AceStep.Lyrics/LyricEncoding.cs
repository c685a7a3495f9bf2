namespace AceStep.Lyrics;

/// <summary>Encoded lyrics: token ids, and a report of each line.</summary>
/// <param name="Ids">The token ids: the start token, then each line's ids and one that ends the line.</param>
/// <param name="Lines">A report of each line, including dropped and blank ones.</param>
public sealed record LyricEncoding(IReadOnlyList<int> Ids, IReadOnlyList<LyricLine> Lines);

/// <summary>How one line of lyrics was encoded.</summary>
public sealed record LyricLine
{
    /// <summary>The line's number, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>The line as written, without white space at its ends and without a language mark, if marks are read.</summary>
    public required string Text { get; init; }

    /// <summary>The language it is sung in, one of <see cref="LyricTokenizer.SupportedLanguages"/>; null for a blank line.</summary>
    public string? Language { get; init; }

    /// <summary>
    /// The detected language: one of the 97 that the identifier knows, or the name of a tag. Null for a blank line, and if
    /// the language was given.
    /// </summary>
    public string? DetectedLanguage { get; init; }

    /// <summary>The text that is sung: lower case, numbers and symbols in words, Latin letters for Chinese, Japanese and Korean; null for a blank or dropped line.</summary>
    public string? Cleaned { get; init; }

    /// <summary>The line's token ids, without the one that ends the line; empty for a blank or dropped line.</summary>
    public IReadOnlyList<int> Ids { get; init; } = [];

    /// <summary>Warnings that the line will not sound as it is written. Often empty.</summary>
    public IReadOnlyList<LyricWarning> Warnings { get; init; } = [];

    /// <summary>The folder of the dictionary with which a Japanese line was read; null without a dictionary, and for other languages.</summary>
    public string? JapaneseDictionary { get; init; }

    /// <summary>Whether the line is left out: it has neither ids nor a line end among the ids.</summary>
    public bool IsDropped { get; init; }
}

/// <summary>A warning that a line will not sound as it is written.</summary>
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

    /// <summary>The detected language is not supported; the line is sung as English.</summary>
    UnsupportedLanguage,

    /// <summary>The language could not be detected; the line is sung as English.</summary>
    LanguageNotFound,

    /// <summary>A number cannot be put into words, so all numbers of the line stay digits.</summary>
    NumbersKept,

    /// <summary>The line has characters that the vocabulary lacks.</summary>
    UnknownCharacters,

    /// <summary>There is no usable Japanese dictionary, or the one that was given cannot be used.</summary>
    JapaneseDictionary,

    /// <summary>A part of the line is left out.</summary>
    TextCut,

    /// <summary>The text could not be normalised (to NFKC).</summary>
    NotNormalized,

    /// <summary>The line looks like a structure tag that the model does not know, a time stamp or Markdown, and will be sung as it is written.</summary>
    UnknownTag,

    /// <summary>The line has a line break that the model does not know (U+2028 and similar characters).</summary>
    LineBreak,

    /// <summary>The line was changed or left out by tidying, which was asked for.</summary>
    Tidied,
}

/// <summary>A line of lyrics cannot be encoded, and <see cref="LyricTokenizerOptions.Strict"/> makes that an error.</summary>
public sealed class LyricLineException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="lineNumber">The line's number, from 1.</param>
    /// <param name="reason">Why it cannot be encoded.</param>
    /// <param name="innerException">The exception that caused this one, or null.</param>
    public LyricLineException(int lineNumber, string reason, Exception? innerException = null)
        : base($"Line {lineNumber} of the lyrics cannot be sung: {reason}.", innerException) => LineNumber = lineNumber;

    /// <summary>The line's number, from 1.</summary>
    public int LineNumber { get; }
}
