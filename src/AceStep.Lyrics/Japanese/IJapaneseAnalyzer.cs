namespace AceStep.Lyrics.Japanese;

/// <summary>Cuts Japanese text into words.</summary>
internal interface IJapaneseAnalyzer
{
    /// <summary>The folder of the dictionary that is used, or null where there is none.</summary>
    string? Dictionary { get; }

    /// <summary>The words of a text that is in compatibility form and holds no lone surrogate. Thread-safe.</summary>
    IReadOnlyList<JapaneseWord> Analyze(string text);
}
