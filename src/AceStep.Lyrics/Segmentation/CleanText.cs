using System.Runtime.InteropServices;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Segmentation;

/// <summary>
/// The text in the form in which its language is identified: each run of non-word characters becomes one space, each run of
/// one repeated character becomes a single one, and the ends are stripped. Pieces can be appended without processing the
/// earlier ones again.
/// </summary>
internal sealed class CleanText
{
    private readonly List<int> _codePoints = [];
    private bool _pendingSpace;

    public ReadOnlySpan<int> Span => CollectionsMarshal.AsSpan(_codePoints);

    public int Length => _codePoints.Count;

    public void Clear()
    {
        _codePoints.Clear();
        _pendingSpace = false;
    }

    public CleanText Append(ReadOnlySpan<int> text)
    {
        foreach (int codePoint in text)
        {
            Append(codePoint);
        }

        return this;
    }

    /// <summary>Appends the text without number keys and without digits.</summary>
    public void AppendWithoutNumbers(ReadOnlySpan<int> text)
    {
        for (int position = 0; position < text.Length; position++)
        {
            if (text[position] == MaskKey.Bound && MaskKey.IsNumberKey(text, position, out int end))
            {
                position = end - 1;
            }
            else if (!TextRules.IsDigit(text[position]))
            {
                Append(text[position]);
            }
        }
    }

    private void Append(int codePoint)
    {
        if (!TextRules.IsWord(codePoint))
        {
            _pendingSpace = _codePoints.Count > 0;
            return;
        }

        if (_pendingSpace)
        {
            _codePoints.Add(' ');
            _pendingSpace = false;
        }
        else if (_codePoints.Count > 0 && _codePoints[^1] == codePoint)
        {
            return;
        }

        _codePoints.Add(codePoint);
    }
}
