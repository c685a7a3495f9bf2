using System.Buffers;
using System.Text;

namespace AceStep.Models;

/// <summary>A Unigram vocabulary: cuts a word into the pieces whose scores have the highest sum.</summary>
/// <remarks>Immutable, so safe for several threads at once.</remarks>
internal sealed class UnigramModel
{
    // What an unknown character scores below the worst piece, as in the original library.
    private const double UnknownPenalty = 10;

    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _idsBySpan;
    private readonly double[] _scores;
    private readonly double _unknownScore;

    // Per first character, which lengths in characters occur: bit n - 1 for n, the last bit for all that are longer.
    private readonly ulong[] _lengths = new ulong[char.MaxValue + 1];
    private readonly int _longest;

    /// <summary>Takes a vocabulary; the position of a piece is its id.</summary>
    /// <param name="pieces">The pieces; of equal ones the last counts.</param>
    /// <param name="scores">Their log-probabilities, all finite.</param>
    /// <param name="unknownId">The id of what is in no piece.</param>
    public UnigramModel(IReadOnlyList<string> pieces, double[] scores, int unknownId)
    {
        _ids = new Dictionary<string, int>(pieces.Count, StringComparer.Ordinal);
        _scores = scores;
        UnknownId = unknownId;
        for (int id = 0; id < pieces.Count; id++)
        {
            string piece = pieces[id];
            _ids[piece] = id;
            if (piece.Length > 0)
            {
                _lengths[piece[0]] |= 1UL << (Math.Min(piece.Length, 64) - 1);
                _longest = Math.Max(_longest, piece.Length);
            }
        }

        _idsBySpan = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _unknownScore = scores.Min() - UnknownPenalty;
    }

    /// <summary>The number of pieces.</summary>
    public int Count => _scores.Length;

    /// <summary>The id of what is in no piece.</summary>
    public int UnknownId { get; }

    /// <summary>The id of a piece; -1 where there is none.</summary>
    public int IdOf(string piece) => _ids.GetValueOrDefault(piece, -1);

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
            int limit = Math.Min(word.Length - start, _longest);
            for (int length = 1; length <= limit; length++)
            {
                if ((lengths >> (Math.Min(length, 64) - 1) & 1) != 0 && _idsBySpan.TryGetValue(word.Slice(start, length), out int id))
                {
                    Offer(ref nodes[start + length], score + _scores[id], start, id);
                    isCharacterKnown |= length == characterLength;
                }
            }

            if (!isCharacterKnown)
            {
                Offer(ref nodes[start + characterLength], score + _unknownScore, start, UnknownId);
            }

            start += characterLength;
        }
    }

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
            bool isUnknown = node.Id == UnknownId;
            if (!isUnknown || !isAfterUnknown)
            {
                ids.Add(node.Id);
            }

            isAfterUnknown = isUnknown;
            end = node.Start;
        }

        ids.Reverse(first, ids.Count - first);
    }

    /// <summary>The best way to a position: its score, and the last piece with its start; no start where there is no way yet.</summary>
    private readonly record struct Node(double Score, int Start, int Id);
}
