using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Segmentation;

/// <summary>One match of a masking rule: the whole and the groups that matter, as ranges of the text searched.</summary>
internal readonly record struct MaskMatch(Range Whole, Range Name, Range Content);

/// <summary>What a key stands for: the rule that made it, and its texts.</summary>
internal sealed record MaskedPiece(
    MaskRule Rule, ReadOnlyMemory<int> Whole, ReadOnlyMemory<int> Name, ReadOnlyMemory<int> Content);

/// <summary>
/// One of the rules that take pieces out of a line before the rest is looked at. Each is a pattern of the original
/// written as a scanner that passes over the text once.
/// </summary>
internal abstract class MaskRule(string code)
{
    /// <summary>The code in the rule's keys.</summary>
    public string Code { get; } = code;

    /// <summary>Replaces the rule's matches in <paramref name="text"/> by keys, and notes what they stand for.</summary>
    public int[] Apply(int[] text, Dictionary<string, MaskedPiece> pieces)
    {
        var matches = new List<MaskMatch>();
        for (int from = 0; TryFind(text, from, out MaskMatch match); from = match.Whole.End.Value)
        {
            matches.Add(match);
        }

        if (matches.Count == 0 || (matches.Count == 1 && IsSkipped(text, matches[0])))
        {
            return text;
        }

        var keys = new int[matches.Count][];
        for (int number = 0; number < matches.Count; number++)
        {
            keys[number] = MaskKey.Create(Code, number);
            MaskMatch match = matches[number];
            pieces[CodePoints.ToText(keys[number])] =
                new MaskedPiece(this, text.AsMemory(match.Whole), text.AsMemory(match.Name), text.AsMemory(match.Content));
        }

        return Replace(text, matches, keys);
    }

    /// <summary>Finds the first match at or behind <paramref name="from"/>.</summary>
    protected abstract bool TryFind(ReadOnlySpan<int> text, int from, out MaskMatch match);

    /// <summary>Whether the only match is left alone: the original compares its joined groups with the whole text.</summary>
    protected virtual bool IsSkipped(ReadOnlySpan<int> text, MaskMatch match) =>
        match.Whole.GetOffsetAndLength(text.Length).Length == text.Length;

    /// <summary>Puts the keys in place of the matches.</summary>
    protected virtual int[] Replace(int[] text, List<MaskMatch> matches, int[][] keys)
    {
        var masked = new List<int>(text.Length);
        int from = 0;
        for (int number = 0; number < keys.Length; number++)
        {
            Range whole = matches[number].Whole;
            masked.AddRange(text.AsSpan(from..whole.Start.Value));
            masked.AddRange(keys[number]);
            from = whole.End.Value;
        }

        masked.AddRange(text.AsSpan(from));
        return [.. masked];
    }
}
