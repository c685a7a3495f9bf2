using System.Buffers;
using System.Numerics;
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

/// <summary>What a tokenizer's file holds once its form has been checked.</summary>
/// <param name="Pieces">The pieces; the position of a piece is its id.</param>
/// <param name="Scores">Their log-probabilities.</param>
/// <param name="AddedTokens">The ids of the strings that are found in the raw text before anything else.</param>
/// <param name="UnknownId">The id of what is in no piece.</param>
/// <param name="EndId">The id that ends every text.</param>
/// <param name="PaddingId">The id that fills up a batch.</param>
internal sealed record Umt5Vocabulary(
    PieceTable Pieces,
    double[] Scores,
    IReadOnlyDictionary<string, int> AddedTokens,
    int UnknownId,
    int EndId,
    int PaddingId)
{
    public const string PaddingToken = "<pad>";
    public const string EndToken = "</s>";
}

/// <summary>
/// Several hundred thousand short texts by number, to be found again at any place of a longer text: all their characters in
/// one array, and one hash table over them, which a text is looked up in as its hash grows with each character.
/// </summary>
/// <remarks>Filled by one thread; then immutable, so safe for several.</remarks>
internal sealed class PieceTable
{
    /// <summary>The longest piece that there may be, in UTF-16 code units.</summary>
    public const int MaximumLength = 1024;

    private const int Absent = -1;

    // Another one in each table, so that no file can be made whose pieces all collide.
    private readonly ulong _multiplier = (ulong)Random.Shared.NextInt64() | 1;

    // Per first character, which lengths occur: bit n - 1 for length n, the last bit for all from there on.
    private readonly ulong[] _lengths = new ulong[char.MaxValue + 1];

    private readonly List<int> _ends = [];
    private char[] _text = new char[1 << 12];
    private Slot[] _slots = NewSlots(1 << 10);
    private int _longest;

    /// <summary>The number of pieces.</summary>
    public int Count => _ends.Count;

    /// <summary>Where the next piece goes: room for its characters, to be filled before <see cref="Commit"/>.</summary>
    public Span<char> Reserve(int length)
    {
        int start = End;
        if (_text.Length - start < length)
        {
            Array.Resize(ref _text, Math.Max(_text.Length * 2, start + length));
        }

        return _text.AsSpan(start, length);
    }

    /// <summary>Makes the first characters of what was reserved a piece. Of equal pieces the last is found.</summary>
    /// <returns>The piece's number.</returns>
    public int Commit(int length)
    {
        int id = Count;
        ReadOnlySpan<char> piece = _text.AsSpan(End, length);
        if (length > 0)
        {
            _lengths[piece[0]] |= LengthBit(length);
            _longest = Math.Max(_longest, length);
        }

        _ends.Add(End + length);
        if (Count * 2 > _slots.Length)
        {
            Grow();
        }

        Insert(id);
        return id;
    }

    /// <summary>Adds a piece.</summary>
    /// <returns>Its number.</returns>
    public int Add(ReadOnlySpan<char> piece)
    {
        piece.CopyTo(Reserve(piece.Length));
        return Commit(piece.Length);
    }

    /// <summary>The characters of a piece.</summary>
    public ReadOnlySpan<char> this[int id] => _text.AsSpan(id == 0 ? 0 : _ends[id - 1], _ends[id] - (id == 0 ? 0 : _ends[id - 1]));

    /// <summary>Goes through the pieces with which a text begins, from short to long.</summary>
    public Enumerator PrefixesOf(ReadOnlySpan<char> text) => new(this, text);

    private int End => _ends.Count == 0 ? 0 : _ends[^1];

    private static ulong LengthBit(int length) => 1UL << (Math.Min(length, 64) - 1);

    private static uint Tag(ulong hash) => (uint)hash;

    private static Slot[] NewSlots(int count)
    {
        Slot[] slots = new Slot[count];
        Array.Fill(slots, new Slot(0, Absent));
        return slots;
    }

    private ulong Extend(ulong hash, char character) => (hash + character + 1) * _multiplier;

    /// <summary>The slot of a piece, or the free one where it would go.</summary>
    private int FindSlot(ulong hash, ReadOnlySpan<char> piece)
    {
        Slot[] slots = _slots;
        uint tag = Tag(hash);
        int index = (int)(hash >> (64 - BitOperations.TrailingZeroCount(slots.Length)));
        while (slots[index] is { Id: not Absent } slot && !(slot.Tag == tag && this[slot.Id].SequenceEqual(piece)))
        {
            index = (index + 1) & (slots.Length - 1);
        }

        return index;
    }

    private void Insert(int id)
    {
        ReadOnlySpan<char> piece = this[id];
        ulong hash = 0;
        foreach (char character in piece)
        {
            hash = Extend(hash, character);
        }

        _slots[FindSlot(hash, piece)] = new Slot(Tag(hash), id);
    }

    private void Grow()
    {
        // Without the newest, which is only being added.
        _slots = NewSlots(_slots.Length * 4);
        for (int id = 0; id < Count - 1; id++)
        {
            Insert(id);
        }
    }

    /// <summary>The pieces with which a text begins.</summary>
    internal ref struct Enumerator
    {
        private readonly PieceTable _table;
        private readonly ReadOnlySpan<char> _text;
        private readonly ulong _lengths;
        private readonly int _limit;
        private ulong _hash;

        public Enumerator(PieceTable table, ReadOnlySpan<char> text)
        {
            _table = table;
            _text = text;
            _lengths = text.IsEmpty ? 0 : table._lengths[text[0]];
            _limit = Math.Min(text.Length, _lengths >> 63 != 0 ? table._longest : 64 - BitOperations.LeadingZeroCount(_lengths));
        }

        /// <summary>The length of the piece in UTF-16 code units.</summary>
        public int Length { get; private set; }

        /// <summary>The number of the piece.</summary>
        public int Id { get; private set; }

        /// <summary>Moves to the next longer piece.</summary>
        public bool MoveNext()
        {
            while (Length < _limit)
            {
                _hash = _table.Extend(_hash, _text[Length++]);
                if ((_lengths & LengthBit(Length)) != 0)
                {
                    Id = _table._slots[_table.FindSlot(_hash, _text[..Length])].Id;
                    if (Id != Absent)
                    {
                        return true;
                    }
                }
            }

            return false;
        }
    }

    // The low bits of the hash beside the number settle nearly all comparisons without a look at the text.
    private readonly record struct Slot(uint Tag, int Id);
}
