using System.Runtime.InteropServices;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Segmentation;

/// <summary>A stretch of a line in one language. Growing it costs only what is added.</summary>
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

    /// <summary>A label, or an undecided one: labels separated by <c>|</c>.</summary>
    public string Language { get; set; }

    public double Score { get; }

    /// <summary>Whether a paired tag named the language.</summary>
    public bool IsMarked { get; }

    public ReadOnlySpan<int> Span => CollectionsMarshal.AsSpan(_codePoints);

    /// <summary>Whether the text has nothing but digits in one run, or nothing at all, once punctuation is taken away.</summary>
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
