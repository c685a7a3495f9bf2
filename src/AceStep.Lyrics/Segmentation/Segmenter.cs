using AceStep.Lyrics.Identification;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Segmentation;

/// <summary>
/// Cuts a text into stretches of one language and counts their characters. Thread-safe: every text has its own walk.
/// </summary>
internal sealed class Segmenter(LanguageIdentifier identifier)
{
    // The order decides: a later rule sees the keys of the earlier ones.
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
    /// Segments a text. Where the original raises, <paramref name="error"/> says why, the result is null and
    /// <paramref name="counted"/> tells whether it had counted anything by then.
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

    // Each match of .*\n* that is not blank.
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

/// <summary>The original raises while it segments; the line is then taken as English.</summary>
internal sealed class SegmentationException(string message) : Exception(message);
