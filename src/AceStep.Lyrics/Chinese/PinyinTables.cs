using System.Text;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Chinese;

/// <summary>
/// pypinyin's readings of characters and phrases. The phrases are kept as the sorted lines of their file; a phrase is found
/// by narrowing a range of lines character by character. So loading only has to find the start of each line.
/// </summary>
internal sealed class PinyinTables
{
    private const string CharacterResource = "pinyin-characters.tsv.gz";
    private const string PhraseResource = "pinyin-phrases.tsv.gz";

    private readonly Dictionary<int, string> _readings = new(42_000);
    private readonly string _phrases = EmbeddedData.Text(PhraseResource);
    private readonly int[] _lineStarts;

    private PinyinTables()
    {
        var starts = new List<int>(50_000);
        for (int start = 0; start < _phrases.Length; start = _phrases.IndexOf('\n', start) + 1)
        {
            starts.Add(start);
        }

        _lineStarts = [.. starts];
        LoadCharacters();
    }

    /// <summary>The tables, loaded on first use.</summary>
    public static Lazy<PinyinTables> Shared { get; } = new(() => new PinyinTables());

    /// <summary>All phrases.</summary>
    public PhraseRange Phrases => new(0, _lineStarts.Length);

    /// <summary>The reading of a character with its tone digit, or null.</summary>
    public string? Reading(int codePoint) => _readings.GetValueOrDefault(codePoint);

    /// <summary>Narrows a range of phrases whose first <paramref name="depth"/> characters are equal to those with the given next character.</summary>
    public PhraseRange Narrow(PhraseRange range, int depth, int codePoint)
    {
        // All characters of phrases are in the basic plane.
        if (codePoint > 0xFFFF)
        {
            return default;
        }

        int first = FirstAtLeast(range, depth, codePoint);
        return new PhraseRange(first, FirstAtLeast(range with { First = first }, depth, codePoint + 1));
    }

    /// <summary>
    /// The readings of the phrase that consists of exactly the <paramref name="depth"/> characters shared by the range, with
    /// tone marks and separated by spaces; empty if there is no such phrase.
    /// </summary>
    public ReadOnlySpan<char> PhraseReadings(PhraseRange range, int depth)
    {
        // The shortest phrase sorts first.
        int end = _lineStarts[range.First] + depth;
        if (_phrases[end] != '\t')
        {
            return [];
        }

        return _phrases.AsSpan((end + 1).._phrases.IndexOf('\n', end));
    }

    private int FirstAtLeast(PhraseRange range, int depth, int character)
    {
        (int low, int high) = (range.First, range.End);
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            // After a shorter phrase there is a tab here, which sorts before every character.
            if (_phrases[_lineStarts[middle] + depth] < character)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    // The columns of a line: reading with tone mark, reading with tone digit, all characters with this reading.
    private void LoadCharacters()
    {
        foreach (ReadOnlySpan<char> line in EmbeddedData.Text(CharacterResource).AsSpan().EnumerateLines())
        {
            int firstTab = line.IndexOf('\t');
            if (firstTab < 0)
            {
                continue;
            }

            int secondTab = firstTab + 1 + line[(firstTab + 1)..].IndexOf('\t');
            string reading = line[(firstTab + 1)..secondTab].ToString();
            foreach (Rune rune in line[(secondTab + 1)..].EnumerateRunes())
            {
                _readings[rune.Value] = reading;
            }
        }
    }
}

/// <summary>A range of the sorted phrases.</summary>
internal readonly record struct PhraseRange(int First, int End)
{
    public bool IsEmpty => First >= End;
}
