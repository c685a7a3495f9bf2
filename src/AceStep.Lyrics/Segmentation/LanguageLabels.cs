namespace AceStep.Lyrics.Segmentation;

/// <summary>The labels that a segment may have: those of the identifier, with the original's ways of comparing them.</summary>
internal sealed class LanguageLabels(IReadOnlyList<string> labels)
{
    private readonly HashSet<string> _labels = new(labels, StringComparer.Ordinal);
    private readonly string _joined = string.Join('-', labels);

    /// <summary>Whether a tag's name counts as a label: when it is any part of the joined labels, even the empty one.</summary>
    public bool IsTagName(string name) => _joined.Contains(name, StringComparison.Ordinal);

    /// <summary>Whether a segment of this language is kept.</summary>
    public bool IsKept(string language) =>
        _labels.Contains(language) || labels[0].Contains(language, StringComparison.Ordinal) || language.Contains('?', StringComparison.Ordinal);
}
