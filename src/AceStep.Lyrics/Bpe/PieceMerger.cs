namespace AceStep.Lyrics.Bpe;

/// <summary>
/// Merges the symbols of one piece: always the pair of the lowest rank, of equal ones the leftmost. Short pieces are
/// searched again after every merge; long ones, which no song has, keep their pairs in a queue so that time stays
/// near to linear.
/// </summary>
internal static class PieceMerger
{
    /// <summary>The symbol of a character that is no token and takes part in no merge.</summary>
    public const int Unknown = -1;

    private const int LongestSearched = 64;

    /// <summary>Merges in place and returns what is left.</summary>
    public static Span<int> Merge(Span<int> symbols, BpeModel model) =>
        symbols.Length <= LongestSearched ? MergeBySearch(symbols, model) : MergeByQueue(symbols, model);

    private static Span<int> MergeBySearch(Span<int> symbols, BpeModel model)
    {
        while (symbols.Length > 1)
        {
            var best = new Merge(int.MaxValue, Unknown);
            int place = -1;
            for (int index = 0; index + 1 < symbols.Length; index++)
            {
                if (TryFind(symbols[index], symbols[index + 1], model, out Merge merge) && merge.Rank < best.Rank)
                {
                    (best, place) = (merge, index);
                }
            }

            if (place < 0)
            {
                break;
            }

            symbols[place] = best.Id;
            symbols[(place + 2)..].CopyTo(symbols[(place + 1)..]);
            symbols = symbols[..^1];
        }

        return symbols;
    }

    private static Span<int> MergeByQueue(Span<int> symbols, BpeModel model)
    {
        var next = new int[symbols.Length];
        var previous = new int[symbols.Length];
        var queue = new PriorityQueue<(int Place, int Left, int Right, int Merged), (int Rank, int Place)>();
        for (int index = 0; index < symbols.Length; index++)
        {
            next[index] = index + 1;
            previous[index] = index - 1;
        }

        for (int index = 0; index + 1 < symbols.Length; index++)
        {
            Enqueue(queue, symbols, index, index + 1, model);
        }

        const int Removed = -2;
        while (queue.TryDequeue(out (int Place, int Left, int Right, int Merged) pair, out _))
        {
            int right = next[pair.Place];
            // A pair that one of its symbols has left by now.
            if (symbols[pair.Place] != pair.Left || right >= symbols.Length || symbols[right] != pair.Right)
            {
                continue;
            }

            symbols[pair.Place] = pair.Merged;
            symbols[right] = Removed;
            next[pair.Place] = next[right];
            if (next[right] < symbols.Length)
            {
                previous[next[right]] = pair.Place;
                Enqueue(queue, symbols, pair.Place, next[right], model);
            }

            if (previous[pair.Place] >= 0)
            {
                Enqueue(queue, symbols, previous[pair.Place], pair.Place, model);
            }
        }

        int count = 0;
        for (int index = 0; index < symbols.Length; index = next[index])
        {
            symbols[count++] = symbols[index];
        }

        return symbols[..count];
    }

    private static void Enqueue(
        PriorityQueue<(int, int, int, int), (int, int)> queue, Span<int> symbols, int left, int right, BpeModel model)
    {
        if (TryFind(symbols[left], symbols[right], model, out Merge merge))
        {
            queue.Enqueue((left, symbols[left], symbols[right], merge.Id), (merge.Rank, left));
        }
    }

    private static bool TryFind(int left, int right, BpeModel model, out Merge merge)
    {
        if (left != Unknown && right != Unknown)
        {
            return model.Merges.TryGetValue(BpeModel.Pair(left, right), out merge);
        }

        merge = default;
        return false;
    }
}
