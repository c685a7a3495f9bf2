namespace AceStep.Lyrics;

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
