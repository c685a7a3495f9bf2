namespace AceStep.Lyrics.Segmentation;

/// <summary>A line's detected language. If none could be detected it is en, and <see cref="Error"/> has the reason.</summary>
internal readonly record struct DetectedLanguage(string Language, string? Error = null);

/// <summary>
/// Detects the languages of the lines of one text, one after another. Not thread-safe: like the original it remembers the
/// last line, which matters if a line that could not be segmented is repeated.
/// </summary>
internal sealed class LanguageDetector(Segmenter segmenter)
{
    private const string English = "en";

    private string? _lastText;
    private IReadOnlyList<Segment>? _lastSegments;
    private IReadOnlyList<LanguageCount>? _lastCounts;
    private string? _lastError;
    private bool _countedBeforeError;

    /// <summary>The language of most of the line's characters. If that is English and there is another language, the other one.</summary>
    public DetectedLanguage Detect(string line)
    {
        if (Count(line) is not { } counts)
        {
            return new DetectedLanguage(English, _lastError);
        }

        string first = counts[0].Language;
        return new DetectedLanguage(first == English && counts.Count > 1 ? counts[1].Language : first);
    }

    private IReadOnlyList<LanguageCount>? Count(string line)
    {
        if (line != _lastText || _lastSegments is null)
        {
            SegmentedText? segmented = segmenter.Segment(line, out _lastError, out bool counted);
            _lastText = line;
            _lastCounts = segmented?.Counts;
            _lastSegments = segmented?.Segments ?? _lastSegments;
            _countedBeforeError = segmented is null && counted;
            return _lastCounts;
        }

        // The same line again. If it failed, the original uses the counts of the last line that did not fail, unless it had
        // already counted a part of this one.
        if (_lastCounts is null && !_countedBeforeError)
        {
            _lastCounts = SegmentedText.CountSegments(_lastSegments);
        }

        return _lastCounts;
    }
}
