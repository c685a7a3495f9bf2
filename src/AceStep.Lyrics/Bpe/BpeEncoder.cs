using System.Buffers;
using System.Globalization;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Bpe;

/// <summary>Byte-pair encoding over characters: added tokens first, then pieces, then merges within each piece. Thread-safe.</summary>
internal sealed class BpeEncoder
{
    private readonly BpeModel _model;
    private readonly SearchValues<char> _addedTokenStarts;
    private readonly ILookup<char, AddedToken> _addedTokens;

    public BpeEncoder(BpeModel model)
    {
        _model = model;
        _addedTokenStarts = SearchValues.Create([.. model.AddedTokens.Select(token => token.Content[0]).Distinct()]);
        // Of tokens that start alike the longest wins.
        _addedTokens = model.AddedTokens.OrderByDescending(token => token.Content.Length).ToLookup(token => token.Content[0]);
    }

    /// <summary>Appends the ids of a text, and to <paramref name="unknown"/> the characters that are no token.</summary>
    public void Encode(string text, List<int> ids, List<int> unknown)
    {
        int pending = 0;
        for (int position = 0; position < text.Length;)
        {
            int skip = text.AsSpan(position).IndexOfAny(_addedTokenStarts);
            if (skip < 0)
            {
                break;
            }

            position += skip;
            if (TokenAt(text, position) is { } token)
            {
                EncodePieces(text.AsSpan(pending..position), ids, unknown);
                ids.Add(token.Id);
                pending = position += token.Content.Length;
            }
            else
            {
                position++;
            }
        }

        EncodePieces(text.AsSpan(pending), ids, unknown);
    }

    private AddedToken? TokenAt(string text, int position)
    {
        foreach (AddedToken token in _addedTokens[text[position]])
        {
            if (text.AsSpan(position).StartsWith(token.Content))
            {
                return token;
            }
        }

        return null;
    }

    // Maximal runs of word characters, and of what is neither a word nor white space.
    private void EncodePieces(ReadOnlySpan<char> text, List<int> ids, List<int> unknown)
    {
        if (text.IsEmpty)
        {
            return;
        }

        int[] symbols = ArrayPool<int>.Shared.Rent(text.Length);
        int count = 0;
        PieceKind kind = PieceKind.None;
        for (int index = 0; index < text.Length;)
        {
            int codePoint = CodePoints.Next(text, ref index);
            PieceKind next = KindOf(codePoint);
            if (next != kind)
            {
                AppendMerged(symbols.AsSpan(0, count), ids);
                count = 0;
                kind = next;
            }

            if (kind == PieceKind.None)
            {
                continue;
            }

            if (!_model.Characters.TryGetValue(codePoint, out symbols[count]))
            {
                symbols[count] = PieceMerger.Unknown;
                unknown.Add(codePoint);
            }

            count++;
        }

        AppendMerged(symbols.AsSpan(0, count), ids);
        ArrayPool<int>.Shared.Return(symbols);
    }

    private void AppendMerged(Span<int> symbols, List<int> ids)
    {
        foreach (int symbol in PieceMerger.Merge(symbols, _model))
        {
            ids.Add(symbol == PieceMerger.Unknown ? _model.UnknownId : symbol);
        }
    }

    private static PieceKind KindOf(int codePoint)
    {
        if (codePoint < 0x80)
        {
            return char.IsAsciiLetterOrDigit((char)codePoint) || codePoint == '_' ? PieceKind.Word
                : codePoint is ' ' or (>= 0x09 and <= 0x0D) ? PieceKind.None
                : PieceKind.Other;
        }

        return CharUnicodeInfo.GetUnicodeCategory(codePoint) switch
        {
            <= UnicodeCategory.OtherLetter => PieceKind.Word,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark
                or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber
                or UnicodeCategory.ConnectorPunctuation => PieceKind.Word,
            UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => PieceKind.None,
            _ => codePoint switch
            {
                0x85 => PieceKind.None,
                // Joiners, and letters in circles and squares.
                0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149)
                    or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189) => PieceKind.Word,
                _ => PieceKind.Other,
            },
        };
    }

    private enum PieceKind
    {
        None,
        Word,
        Other,
    }
}
