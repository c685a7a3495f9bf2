using AceStep.Lyrics.Identification;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Segmentation;

/// <summary>Walks through one masked line from key to key, and identifies the language of each piece.</summary>
internal sealed class LineWalker(
    LanguageIdentifier identifier, LanguageLabels labels, Dictionary<string, MaskedPiece> pieces, SegmentBuilder builder)
{
    private static readonly int[] SentenceEnds = ['。', '.', '?', '？', '!', '！'];

    private const string Chinese = "zh";
    private const string Japanese = "ja";
    private const double UnsureBelow = 0.89;
    private const double SureAbove = 0.90;
    private const int ShortText = 5;

    // Keys are nested at most three deep, unless a line has forged keys that contain themselves; the original's recursion
    // limit makes that an error too. The second limit is for lines whose keys multiply.
    private const int DeepestWalk = 32;
    private readonly int _mostKeys = 1000 + 4 * pieces.Count;
    private readonly CleanText _clean = new();
    private int _keys;

    public void WalkLine(ReadOnlySpan<int> masked) => Walk(masked, depth: 0);

    private void Walk(ReadOnlySpan<int> text, int depth)
    {
        if (depth > DeepestWalk)
        {
            throw new SegmentationException("its keys contain themselves");
        }

        int from = 0;
        while (MaskKey.TryFind(text, from, out int start, out int end))
        {
            AddPlain(text[from..start], isLast: false);
            WalkKey(text[start..end], depth);
            from = end;
        }

        // The text after the last key. It is the last piece only in the line itself, not within quotes.
        AddPlain(text[from..], isLast: depth == 0);
    }

    private void WalkKey(ReadOnlySpan<int> key, int depth)
    {
        string name = CodePoints.ToText(key);
        if (!pieces.TryGetValue(name, out MaskedPiece? piece))
        {
            throw new SegmentationException($"it holds the unknown key {name}");
        }

        if (++_keys > _mostKeys)
        {
            throw new SegmentationException("its keys contain each other too often");
        }

        ReadOnlySpan<int> whole = piece.Whole.Span;
        switch (piece.Rule)
        {
            case ScriptRule rule when rule == ScriptRule.Korean:
                builder.Add("ko", whole, 1);
                break;
            case ScriptRule rule when rule == ScriptRule.Thai:
                builder.Add("th", whole, 1);
                break;
            case ScriptRule rule when rule == ScriptRule.Cyrillic:
                builder.Add("ru", whole, 1);
                break;
            case ScriptRule:
                AddSentences(whole);
                break;
            case NumberRule:
                builder.Add(builder.FirstLanguage ?? Chinese, whole, 0);
                break;
            case TagRule:
                AddTagged(CodePoints.ToText(piece.Name.Span), piece.Content.Span);
                break;
            default:
                AddQuoted(whole, piece.Content.Span, depth);
                break;
        }
    }

    private IdentifiedLanguage Identify(ReadOnlySpan<int> text)
    {
        IdentifiedLanguage found = identifier.Identify(text);
        return found with { Probability = Math.Round(found.Probability, 3) };
    }

    // Latin script, split after every run of sentence ends (with one line end) and identified sentence by sentence.
    private void AddSentences(ReadOnlySpan<int> text)
    {
        while (text.Length > 0)
        {
            int end = text.IndexOfAny(SentenceEnds);
            end = end < 0 ? text.Length : end;
            while (end < text.Length && SentenceEnds.Contains(text[end]))
            {
                end++;
            }

            if (end < text.Length && text[end] == '\n')
            {
                end++;
            }

            ReadOnlySpan<int> sentence = text[..end];
            if (!TextRules.IsBlank(sentence))
            {
                _clean.Clear();
                IdentifiedLanguage found = Identify(_clean.Append(sentence).Span);
                builder.Add(found.Language, sentence, found.Probability);
            }

            text = text[end..];
        }
    }

    private void AddTagged(string name, ReadOnlySpan<int> content)
    {
        if (labels.IsTagName(name))
        {
            builder.Add(name, content, 1, isMarked: true);
            return;
        }

        string? spoken = SpokenTags.Speak(name, content);
        if (spoken is null)
        {
            builder.Add(name, content, 1, isMarked: true);
        }
        else
        {
            builder.Add(Chinese, CodePoints.Of(spoken), 1, isMarked: true);
        }
    }

    private void AddQuoted(ReadOnlySpan<int> whole, ReadOnlySpan<int> content, int depth)
    {
        if (MaskKey.TryFind(whole, 0, out _, out _))
        {
            Walk(whole, depth + 1);
            return;
        }

        _clean.Clear();
        if (_clean.Append(content).Length <= ShortText)
        {
            AddPlain(whole, isLast: false);
            return;
        }

        IdentifiedLanguage found = Identify(_clean.Span);
        builder.Add(found.Language, whole, found.Probability);
    }

    // The text is split where a word follows punctuation. A part that is too short to be identified is joined to the next.
    private void AddPlain(ReadOnlySpan<int> text, bool isLast)
    {
        _clean.Clear();
        int start = 0;
        bool hasWord = false;
        for (int position = 0; position < text.Length;)
        {
            int end = EndOfPart(text, position, out bool partHasWord);
            _clean.AppendWithoutNumbers(text[position..end]);
            hasWord |= partHasWord;
            position = end;
            bool isFinal = end == text.Length;
            if (!isFinal && (!hasWord || !NextPartHasWord(text, end) || _clean.Length <= 2))
            {
                continue;
            }

            AddPart(text[start..end], isFinal && isLast);
            _clean.Clear();
            start = end;
            hasWord = false;
        }
    }

    // Words and spaces, then the punctuation after them.
    private static int EndOfPart(ReadOnlySpan<int> text, int position, out bool hasWord)
    {
        hasWord = false;
        while (position < text.Length && !IsPunctuation(text[position]))
        {
            hasWord |= TextRules.IsWord(text[position++]);
        }

        while (position < text.Length && IsPunctuation(text[position]))
        {
            position++;
        }

        return position;
    }

    private static bool NextPartHasWord(ReadOnlySpan<int> text, int position)
    {
        while (position < text.Length && TextRules.IsSpace(text[position]))
        {
            position++;
        }

        return position < text.Length && TextRules.IsWord(text[position]);
    }

    private void AddPart(ReadOnlySpan<int> part, bool isLast)
    {
        ReadOnlySpan<int> clean = _clean.Span;
        (string language, double score) = Identify(clean);
        string? previous = builder.LastLanguage;
        bool allHan = true;
        bool anyHan = false;
        bool anyKana = false;
        foreach (int codePoint in clean)
        {
            bool han = codePoint is >= 0x4E00 and <= 0x9FFF;
            allHan &= han || codePoint == ' ';
            anyHan |= han;
            anyKana |= codePoint is >= 0x3040 and <= 0x30FF;
        }

        if (language != Chinese && allHan)
        {
            (language, score) = (Chinese, 1);
        }

        if (clean.Length <= ShortText && anyHan)
        {
            language = score < UnsureBelow ? Japanese : language;
            if (anyKana)
            {
                language = Japanese;
            }
            else if (clean.Length > 2 && score > SureAbove)
            {
                // Long enough, and its language is certain enough.
            }
            else if (isLast)
            {
                language = clean.Length <= 1 ? Chinese : language;
            }
            else
            {
                string undecided =
                    language == Chinese || (clean.Length <= 2 && previous == Chinese) ? "zh|ja" : "ja|zh";
                if (!EndsSentence(part))
                {
                    language = undecided + "|…";
                }
                else if (previous is { Length: > 0 } && undecided.Contains(previous, StringComparison.Ordinal))
                {
                    language = previous;
                }
            }
        }

        builder.Add(language, part, score);
    }

    private static bool EndsSentence(ReadOnlySpan<int> part)
    {
        int last = part.Length - 1;
        while (TextRules.IsSpace(part[last]))
        {
            last--;
        }

        return part[last] is '。' or '.';
    }

    private static bool IsPunctuation(int codePoint) => !TextRules.IsWord(codePoint) && !TextRules.IsSpace(codePoint);
}
