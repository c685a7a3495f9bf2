using AceStep.Lyrics.Identification;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Segmentation;

/// <summary>
/// Splits a text into segments of one language and counts their characters. Thread-safe.
/// </summary>
internal sealed class Segmenter(LanguageIdentifier identifier)
{
    // The order matters: a later rule sees the keys of earlier ones.
    private static readonly MaskRule[] Rules =
    [
        new TagRule(),
        ScriptRule.Korean,
        ScriptRule.Thai,
        ScriptRule.Cyrillic,
        new NumberRule(),
        ScriptRule.Latin,
        new StraightQuoteRule(),
        new PairedQuoteRule(),
    ];

    private readonly LanguageLabels _labels = new(identifier.Labels);

    /// <summary>
    /// Segments a text. If the original fails, the result is null, <paramref name="error"/> has the reason, and <paramref
    /// name="counted"/> tells whether it had counted any characters before.
    /// </summary>
    public SegmentedText? Segment(string text, out string? error, out bool counted)
    {
        int[] codePoints = MaskKey.Remove(CodePoints.Of(text));
        var builder = new SegmentBuilder(_labels);
        var segments = new List<Segment>();
        error = null;
        try
        {
            foreach (Range line in Lines(codePoints))
            {
                SegmentLine(codePoints[line], builder);
                segments.AddRange(builder.TakeSegments());
            }
        }
        catch (SegmentationException exception)
        {
            error = exception.Message;
        }

        LanguageCount[] counts = [.. builder.Counts];
        counted = counts.Length > 0;
        if (error is not null)
        {
            return null;
        }

        List<Segment> joined = Join(segments);
        return new SegmentedText(
            joined, counted ? SegmentedText.Sorted(counts) : SegmentedText.CountSegments(joined));
    }

    private void SegmentLine(int[] line, SegmentBuilder builder)
    {
        var pieces = new Dictionary<string, MaskedPiece>(StringComparer.Ordinal);
        int[] masked = line;
        foreach (MaskRule rule in Rules)
        {
            masked = rule.Apply(masked, pieces);
        }

        new LineWalker(identifier, _labels, pieces, builder).WalkLine(masked);
    }

    // The matches of .*\n* that are not blank.
    private static IEnumerable<Range> Lines(int[] text)
    {
        for (int start = 0; start < text.Length;)
        {
            int end = Array.IndexOf(text, '\n', start);
            end = end < 0 ? text.Length : end;
            while (end < text.Length && text[end] == '\n')
            {
                end++;
            }

            if (!TextRules.IsBlank(text.AsSpan(start..end)))
            {
                yield return start..end;
            }

            start = end;
        }
    }

    private static List<Segment> Join(List<Segment> segments)
    {
        var joined = new List<Segment>(segments.Count);
        foreach (Segment segment in segments)
        {
            if (joined.Count > 0 && joined[^1].Language == segment.Language)
            {
                joined[^1].Append(segment.Span);
            }
            else
            {
                joined.Add(segment);
            }
        }

        return joined;
    }
}

/// <summary>The number of characters of a line that are in a language.</summary>
internal readonly record struct LanguageCount(string Language, int Count);

/// <summary>A line's segments in order, and its counts in descending order.</summary>
internal sealed record SegmentedText(IReadOnlyList<Segment> Segments, IReadOnlyList<LanguageCount> Counts)
{
    /// <summary>Counts the characters of segments, as the original does if it has counted none before.</summary>
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

    /// <summary>Sorts counts in descending order; equal ones keep their order.</summary>
    public static IReadOnlyList<LanguageCount> Sorted(IEnumerable<LanguageCount> counts) =>
        [.. counts.OrderByDescending(count => count.Count)];
}

/// <summary>The line cannot be segmented, as in the original; it is then treated as English.</summary>
internal sealed class SegmentationException(string message) : Exception(message);
