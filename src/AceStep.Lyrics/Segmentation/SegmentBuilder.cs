using System.Runtime.InteropServices;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Segmentation;

/// <summary>
/// Collects a line's segments: joins neighbours of the same language, decides by the next segment whether an undecided short
/// one is Chinese or Japanese, and counts characters by language.
/// </summary>
internal sealed class SegmentBuilder(LanguageLabels labels)
{
    private const string English = "en";
    private const string Chinese = "zh";

    private readonly List<Segment> _segments = [];
    private readonly Dictionary<string, int> _counts = new(StringComparer.Ordinal);
    private readonly List<string> _countOrder = [];
    private Segment? _waiting;

    public IReadOnlyList<Segment> Segments => _segments;

    /// <summary>The number of characters of each language, in order of first occurrence.</summary>
    public IEnumerable<LanguageCount> Counts => _countOrder.Select(language => new LanguageCount(language, _counts[language]));

    /// <summary>The language of the first segment so far, or null.</summary>
    public string? FirstLanguage => _segments.Count > 0 ? _segments[0].Language : null;

    /// <summary>The language of the last segment so far, or null.</summary>
    public string? LastLanguage => _segments.Count > 0 ? _segments[^1].Language : null;

    /// <summary>Returns and removes the segments of a line. A piece whose language is still undecided waits for the next line.</summary>
    public List<Segment> TakeSegments()
    {
        List<Segment> taken = [.. _segments];
        _segments.Clear();
        return taken;
    }

    /// <summary>Adds a piece whose language is a label, or undecided (<c>zh|ja|…</c>).</summary>
    public void Add(string language, ReadOnlySpan<int> text, double score, bool isMarked = false)
    {
        if (TextRules.IsBlank(text) && !(text is ['\n']))
        {
            return;
        }

        language = language.ToLowerInvariant();
        if (language == English)
        {
            text = SpacedCapitals(text);
        }

        Segment? previous = _waiting ?? (_segments.Count > 0 ? _segments[^1] : null);
        if (previous is { IsUndecided: true })
        {
            if (previous.Language.Contains(language, StringComparison.Ordinal))
            {
                language = FirstLabel(language);
                previous.Language = language;
            }
            else
            {
                previous.Language = FirstLabel(previous.Language);
            }

            if (_waiting is not null)
            {
                _waiting = null;
                previous = Save(previous);
            }
        }

        if (language.Contains('|', StringComparison.Ordinal) && !language.Contains('…', StringComparison.Ordinal)
            && previous is { Language.Length: > 0 } && !language.Contains(previous.Language, StringComparison.Ordinal))
        {
            language = FirstLabel(language);
        }

        var segment = new Segment(language, text, score, isMarked);
        if (segment.IsUndecided)
        {
            _waiting = segment;
        }
        else
        {
            Save(segment);
        }
    }

    private Segment Save(Segment segment)
    {
        Segment? last = _segments.Count > 0 ? _segments[^1] : null;
        if (!segment.IsMarked && last is { IsMarked: false })
        {
            if (segment.IsNumberLike)
            {
                segment.Language = last.Language;
            }

            if (last.Language == segment.Language)
            {
                Count(segment);
                last.Append(segment.Span);
                return last;
            }

            if (last.IsNumberLike)
            {
                // As in the original, its characters stay counted for its former language too.
                _segments.RemoveAt(_segments.Count - 1);
                last.Append(segment.Span);
                segment = new Segment(segment.Language, last.Span, segment.Score, isMarked: false);
            }
        }

        if (labels.IsKept(segment.Language))
        {
            _segments.Add(segment);
            Count(segment);
        }

        return segment;
    }

    private void Count(Segment segment)
    {
        if (segment.IsUndecided)
        {
            return;
        }

        ref int count = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts, segment.Language, out bool exists);
        if (!exists)
        {
            _countOrder.Add(segment.Language);
        }

        count += segment.Language == Chinese ? 2 * segment.Span.Length : segment.Span.Length;
    }

    private static string FirstLabel(string language)
    {
        int bar = language.IndexOf('|', StringComparison.Ordinal);
        return bar < 0 ? language : language[..bar];
    }

    // Inserts a space before every capital inside a word, strips hyphens at the ends, and adds a space at the end.
    private static ReadOnlySpan<int> SpacedCapitals(ReadOnlySpan<int> text)
    {
        var spaced = new List<int>(text.Length + 8);
        for (int index = 0; index < text.Length; index++)
        {
            if (text[index] is >= 'A' and <= 'Z' && index > 0 && TextRules.IsWord(text[index - 1]))
            {
                spaced.Add(' ');
            }

            spaced.Add(text[index]);
        }

        ReadOnlySpan<int> stripped = CollectionsMarshal.AsSpan(spaced).Trim('-');
        return (int[])[.. stripped, ' '];
    }
}

/// <summary>A part of a line in one language. Appending to it takes time only for the appended text.</summary>
internal sealed class Segment
{
    private readonly List<int> _codePoints;
    private NumberLikeness _numberLikeness;

    public Segment(string language, ReadOnlySpan<int> text, double score, bool isMarked)
    {
        Language = language;
        Score = score;
        IsMarked = isMarked;
        _codePoints = new List<int>(text.Length);
        Append(text);
    }

    /// <summary>A label; or several labels separated by <c>|</c> while the language is undecided.</summary>
    public string Language { get; set; }

    public double Score { get; }

    /// <summary>Whether a paired tag gave the language.</summary>
    public bool IsMarked { get; }

    public ReadOnlySpan<int> Span => CollectionsMarshal.AsSpan(_codePoints);

    /// <summary>Whether the text, without punctuation, is a single run of digits or empty.</summary>
    public bool IsNumberLike => _numberLikeness != NumberLikeness.None && !(_codePoints is ['\n']);

    public bool IsUndecided => Language.Contains('|', StringComparison.Ordinal);

    public void Append(ReadOnlySpan<int> text)
    {
        _codePoints.AddRange(text);
        for (int index = 0; index < text.Length && _numberLikeness != NumberLikeness.None; index++)
        {
            _numberLikeness = After(_numberLikeness, text[index]);
        }
    }

    public override string ToString() => CodePoints.ToText(Span);

    private static NumberLikeness After(NumberLikeness before, int codePoint)
    {
        if (TextRules.IsWord(codePoint))
        {
            return TextRules.IsDigit(codePoint) && before != NumberLikeness.DigitsThenSpace
                ? NumberLikeness.Digits
                : NumberLikeness.None;
        }

        return before == NumberLikeness.Digits && codePoint != '\n' && TextRules.IsSpace(codePoint)
            ? NumberLikeness.DigitsThenSpace
            : before;
    }

    private enum NumberLikeness
    {
        NoWord,
        Digits,
        DigitsThenSpace,
        None,
    }
}

/// <summary>The labels that a segment may have, which are those of the identifier, compared as in the original.</summary>
internal sealed class LanguageLabels(IReadOnlyList<string> labels)
{
    private readonly HashSet<string> _labels = new(labels, StringComparer.Ordinal);
    private readonly string _joined = string.Join('-', labels);

    /// <summary>Whether a tag's name counts as a label. As in the original, any substring of the joined labels does, even an empty one.</summary>
    public bool IsTagName(string name) => _joined.Contains(name, StringComparison.Ordinal);

    /// <summary>Whether a segment of this language is kept.</summary>
    public bool IsKept(string language) =>
        _labels.Contains(language) || labels[0].Contains(language, StringComparison.Ordinal) || language.Contains('?', StringComparison.Ordinal);
}
