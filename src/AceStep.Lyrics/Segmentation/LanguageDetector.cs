namespace AceStep.Lyrics.Segmentation;

/// <summary>What a line was taken for; <see cref="Error"/> says why nothing was found, the language is then en.</summary>
internal readonly record struct DetectedLanguage(string Language, string? Error = null);

/// <summary>
/// The language of the lines of one text, one after the other. Not thread-safe: like the original it remembers the last
/// line, which shows when a line that could not be segmented comes a second time.
/// </summary>
internal sealed class LanguageDetector(Segmenter segmenter)
{
    private const string English = "en";

    private string? _lastText;
    private IReadOnlyList<Segment>? _lastSegments;
    private IReadOnlyList<LanguageCount>? _lastCounts;
    private string? _lastError;
    private bool _countedBeforeError;

    /// <summary>The language of most of the line; where that is English and there is another, the other.</summary>
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

        // The same line again. If it failed, the original answers from the last line that did not, unless it had counted
        // something of this one already.
        if (_lastCounts is null && !_countedBeforeError)
        {
            _lastCounts = SegmentedText.CountSegments(_lastSegments);
        }

        return _lastCounts;
    }
}
