namespace AceStep.Lyrics.Segmentation;

/// <summary>How many characters of a line were counted for a language.</summary>
internal readonly record struct LanguageCount(string Language, int Count);

/// <summary>A line's segments in order, and its counts by falling size.</summary>
internal sealed record SegmentedText(IReadOnlyList<Segment> Segments, IReadOnlyList<LanguageCount> Counts)
{
    /// <summary>The counts of a text from its segments alone, as the original takes them when it counted nothing.</summary>
    public static IReadOnlyList<LanguageCount> CountSegments(IReadOnlyList<Segment> segments)
    {
        if (segments.Count == 0)
        {
            return [new LanguageCount("zh", 0)];
        }

        var counts = segments
            .GroupBy(segment => segment.Language, StringComparer.Ordinal)
            .Select(group => new LanguageCount(group.Key, group.Sum(segment => segment.Span.Length) * (group.Key == "zh" ? 2 : 1)));
        return Sorted(counts);
    }

    /// <summary>By falling count; equal ones keep their order.</summary>
    public static IReadOnlyList<LanguageCount> Sorted(IEnumerable<LanguageCount> counts) =>
        [.. counts.OrderByDescending(count => count.Count)];
}
