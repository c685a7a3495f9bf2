using System.Buffers;
using System.Numerics;
using System.Text;

namespace AceStep.Models;

/// <summary>A Unigram vocabulary: cuts a word into the pieces whose scores have the highest sum.</summary>
/// <remarks>Immutable, so safe for several threads at once.</remarks>
internal sealed class UnigramModel
{
    // What an unknown character scores below the worst piece, as in the original library.
    private const double UnknownPenalty = 10;

    private readonly double[] _scores;
    private readonly int _unknownId;
    private readonly double _unknownScore;

    // Where a piece is listed twice, its last id is found.
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _ids;

    // By first character, which lengths occur: bit n - 1 for length n, the last bit for all from there on.
    private readonly ulong[] _lengths = new ulong[char.MaxValue + 1];
    private readonly int _longest;

    /// <summary>Builds the tables.</summary>
    /// <param name="pieces">The pieces; the position of a piece is its id.</param>
    /// <param name="scores">Their log-probabilities, all finite.</param>
    /// <param name="unknownId">The id of what is in no piece.</param>
    public UnigramModel(IReadOnlyList<string> pieces, double[] scores, int unknownId)
    {
        _scores = scores;
        _unknownId = unknownId;
        _unknownScore = scores.Min() - UnknownPenalty;
        Dictionary<string, int> ids = new(pieces.Count, StringComparer.Ordinal);
        for (int id = 0; id < pieces.Count; id++)
        {
            string piece = pieces[id];
            ids[piece] = id;
            if (piece.Length > 0)
            {
                _lengths[piece[0]] |= LengthBit(piece.Length);
                _longest = Math.Max(_longest, piece.Length);
            }
        }

        _ids = ids.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Cuts a word and appends the ids of its pieces; neighbouring unknown characters become one unknown id.</summary>
    /// <param name="word">The word, without lone surrogates.</param>
    /// <param name="ids">Where the ids go.</param>
    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        Node[] nodes = ArrayPool<Node>.Shared.Rent(word.Length + 1);
        try
        {
            FindBestCut(word, nodes.AsSpan(0, word.Length + 1));
            Append(nodes, word.Length, ids);
        }
        finally
        {
            ArrayPool<Node>.Shared.Return(nodes);
        }
    }

    /// <summary>Viterbi: after it, each node that a character ends at knows the best piece that ends there.</summary>
    private void FindBestCut(ReadOnlySpan<char> word, Span<Node> nodes)
    {
        nodes.Fill(new Node(0, -1, 0));
        for (int start = 0; start < word.Length;)
        {
            double score = nodes[start].Score;
            Rune.DecodeFromUtf16(word[start..], out _, out int characterLength);
            bool isCharacterKnown = false;
            ulong lengths = _lengths[word[start]];
            int limit = Math.Min(word.Length - start, lengths >> 63 != 0 ? _longest : 64 - BitOperations.LeadingZeroCount(lengths));
            for (int length = 1; length <= limit; length++)
            {
                if ((lengths & LengthBit(length)) != 0 && _ids.TryGetValue(word.Slice(start, length), out int id))
                {
                    Offer(ref nodes[start + length], score + _scores[id], start, id);
                    isCharacterKnown |= length == characterLength;
                }
            }

            if (!isCharacterKnown)
            {
                Offer(ref nodes[start + characterLength], score + _unknownScore, start, _unknownId);
            }

            start += characterLength;
        }
    }

    private static ulong LengthBit(int length) => 1UL << (Math.Min(length, 64) - 1);

    private static void Offer(ref Node node, double score, int start, int id)
    {
        // Of equal candidates the first stays.
        if (node.Start < 0 || score > node.Score)
        {
            node = new Node(score, start, id);
        }
    }

    private void Append(ReadOnlySpan<Node> nodes, int end, List<int> ids)
    {
        int first = ids.Count;
        bool isAfterUnknown = false;
        while (end > 0)
        {
            Node node = nodes[end];
            bool isUnknown = node.Id == _unknownId;
            if (!isUnknown || !isAfterUnknown)
            {
                ids.Add(node.Id);
            }

            isAfterUnknown = isUnknown;
            end = node.Start;
        }

        ids.Reverse(first, ids.Count - first);
    }

    /// <summary>The best way to a position: its score, and the last piece with its start; no start if there is no way yet.</summary>
    private readonly record struct Node(double Score, int Start, int Id);
}

/// <summary>What a tokenizer's file holds once its form has been checked.</summary>
/// <param name="Pieces">The pieces; the position of a piece is its id.</param>
/// <param name="Scores">Their log-probabilities.</param>
/// <param name="AddedTokens">The ids of the strings that are found in the raw text before anything else.</param>
/// <param name="UnknownId">The id of what is in no piece.</param>
/// <param name="EndId">The id that ends every text.</param>
/// <param name="PaddingId">The id that fills up a batch.</param>
internal sealed record Umt5Vocabulary(
    IReadOnlyList<string> Pieces,
    double[] Scores,
    IReadOnlyDictionary<string, int> AddedTokens,
    int UnknownId,
    int EndId,
    int PaddingId)
{
    public const string PaddingToken = "<pad>";
    public const string EndToken = "</s>";

    /// <summary>The longest piece that there may be, in bytes of UTF-8.</summary>
    public const int LongestPiece = 1024;
}
