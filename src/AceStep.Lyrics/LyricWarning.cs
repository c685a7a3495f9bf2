namespace AceStep.Lyrics;

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
