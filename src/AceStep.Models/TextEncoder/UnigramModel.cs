using System.Buffers;
using System.Text;

namespace AceStep.Models;

/// <summary>A Unigram vocabulary: cuts a word into the pieces whose scores have the highest sum.</summary>
/// <param name="pieces">The pieces; the position of a piece is its id.</param>
/// <param name="scores">Their log-probabilities, all finite.</param>
/// <param name="unknownId">The id of what is in no piece.</param>
/// <remarks>Immutable, so safe for several threads at once.</remarks>
internal sealed class UnigramModel(PieceTable pieces, double[] scores, int unknownId)
{
    // What an unknown character scores below the worst piece, as in the original library.
    private const double UnknownPenalty = 10;

    private readonly double _unknownScore = scores.Min() - UnknownPenalty;

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
            PieceTable.Enumerator matches = pieces.PrefixesOf(word[start..]);
            while (matches.MoveNext())
            {
                Offer(ref nodes[start + matches.Length], score + scores[matches.Id], start, matches.Id);
                isCharacterKnown |= matches.Length == characterLength;
            }

            if (!isCharacterKnown)
            {
                Offer(ref nodes[start + characterLength], score + _unknownScore, start, unknownId);
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
            bool isUnknown = node.Id == unknownId;
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
