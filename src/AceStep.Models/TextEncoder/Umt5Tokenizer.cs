using System.Buffers;
using System.Diagnostics;
using System.Text;

namespace AceStep.Models;

/// <summary>
/// The tokenizer of the UMT5 text encoder: text to the ids that the Hugging Face tokenizers library gives for the
/// checkpoint's tokenizer.json.
/// </summary>
/// <remarks>Immutable, so safe for several threads at once.</remarks>
public sealed class Umt5Tokenizer
{
    /// <summary>The length to which the model's own pipeline cuts prompts, the end's id included.</summary>
    public const int DefaultMaximumLength = 256;

    // The character that represents a space inside pieces.
    private const char WordStart = '\u2581';

    private readonly UnigramModel _model;
    private readonly IReadOnlyDictionary<string, int> _addedTokens;
    private readonly SearchValues<string> _addedTokenStrings;
    private readonly int[] _addedTokenLengths;
    private readonly int _endId;

    private Umt5Tokenizer(Umt5Vocabulary vocabulary)
    {
        _model = new UnigramModel(vocabulary.Pieces, vocabulary.Scores, vocabulary.UnknownId);
        _addedTokens = vocabulary.AddedTokens;
        _addedTokenStrings = SearchValues.Create([.. _addedTokens.Keys], StringComparison.Ordinal);
        _addedTokenLengths = [.. _addedTokens.Keys.Select(token => token.Length).Distinct().OrderDescending()];
        _endId = vocabulary.EndId;
        PaddingId = vocabulary.PaddingId;
        VocabularySize = vocabulary.Pieces.Count;
    }

    /// <summary>One more than the highest id.</summary>
    public int VocabularySize { get; }

    /// <summary>The id that fills up the shorter texts of a batch.</summary>
    public int PaddingId { get; }

    /// <summary>Reads a tokenizer.json.</summary>
    /// <exception cref="CheckpointFormatException">The file is damaged, or is another kind of tokenizer; the message says where.</exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    public static Umt5Tokenizer Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new Umt5Tokenizer(TokenizerJsonReader.Load(path));
    }

    /// <summary>
    /// Takes the pieces from a SentencePiece model, as ComfyUI's single file has one in it. The ids are those of the
    /// tokenizer.json that was made from the same model: what is in no piece becomes the unknown id, never bytes.
    /// </summary>
    /// <param name="model">The model's protocol buffer.</param>
    /// <param name="extraIdCount">
    /// How many <c>&lt;extra_id_k&gt;</c> the tokenizer.json adds behind the pieces: 300 in the released checkpoint.
    /// </param>
    /// <param name="maximumSize">How many ids the encoder has embeddings for; there are no more extra ids than fit.</param>
    /// <param name="origin">Where the model comes from, for messages.</param>
    /// <exception cref="CheckpointFormatException">The model is damaged, or is not a Unigram model with the tokens that UMT5 needs.</exception>
    public static Umt5Tokenizer FromSentencePieceModel(
        ReadOnlySpan<byte> model,
        int extraIdCount = 300,
        int maximumSize = int.MaxValue,
        string origin = "spiece.model")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(extraIdCount);
        ArgumentNullException.ThrowIfNull(origin);
        return new Umt5Tokenizer(SentencePieceModelReader.Read(model, extraIdCount, maximumSize, origin));
    }

    /// <summary>Encodes a text.</summary>
    /// <param name="text">The text; of any length, any characters. A lone surrogate counts as U+FFFD.</param>
    /// <param name="maximumLength">How many ids there may be, the end's included; the rest is cut off. At least 1.</param>
    /// <returns>The ids with the end's id behind them.</returns>
    public int[] Encode(string text, int maximumLength = DefaultMaximumLength)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumLength, 1);
        List<int> ids = [];
        ReadOnlySpan<char> rest = ReplaceLoneSurrogates(text);
        while (!rest.IsEmpty && ids.Count < maximumLength)
        {
            int start = rest.IndexOfAny(_addedTokenStrings);
            EncodeChunk(start < 0 ? rest : rest[..start], maximumLength, ids);
            if (start < 0)
            {
                break;
            }

            rest = rest[start..];
            rest = rest[TakeAddedToken(rest, ids)..];
        }

        int kept = Math.Min(ids.Count, maximumLength - 1);
        return [.. ids.Take(kept), _endId];
    }

    /// <summary>Finds where a text is cut; null where all of it is read.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maximumLength">How many ids there may be, the end's included.</param>
    /// <returns>The ids that the whole text has without the end's, and the characters up to the last word that is read whole.</returns>
    public (int Tokens, int Characters)? FindCut(string text, int maximumLength = DefaultMaximumLength)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumLength, 1);
        int tokens = Count(text);
        if (tokens < maximumLength)
        {
            return null;
        }

        // Words are encoded each by itself, so the ids of a text grow with each of its words. The cut is near the front.
        int[] ends = [.. Enumerable.Range(1, text.Length - 1).Where(index => text[index] == ' ' && text[index - 1] != ' ')];
        int beyond = 1;
        while (beyond <= ends.Length && Count(text[..ends[beyond - 1]]) < maximumLength)
        {
            beyond *= 2;
        }

        int whole = beyond / 2;
        beyond = Math.Min(beyond, ends.Length + 1);
        while (beyond - whole > 1)
        {
            int middle = (whole + beyond) / 2;
            (whole, beyond) = Count(text[..ends[middle - 1]]) < maximumLength ? (middle, beyond) : (whole, middle);
        }

        return (tokens, whole == 0 ? 0 : ends[whole - 1]);

        int Count(string part) => Encode(part, int.MaxValue).Length - 1;
    }

    /// <summary>Encodes the text between two added tokens, word by word, until there are ids enough.</summary>
    private void EncodeChunk(ReadOnlySpan<char> chunk, int maximumLength, List<int> ids)
    {
        if (chunk.IsEmpty)
        {
            return;
        }

        string words = MarkWords(chunk);
        for (int start = 0; start < words.Length && ids.Count < maximumLength;)
        {
            int next = words.IndexOf(WordStart, start + 1);
            int end = next < 0 ? words.Length : next;
            _model.Encode(words.AsSpan(start, end - start), ids);
            start = end;
        }
    }

    /// <summary>Makes each run of spaces one mark, and has the text begin with a mark.</summary>
    private static string MarkWords(ReadOnlySpan<char> chunk)
    {
        StringBuilder marked = new(chunk.Length + 1);
        if (chunk[0] is not (' ' or WordStart))
        {
            marked.Append(WordStart);
        }

        while (chunk.IndexOf(' ') is >= 0 and int space)
        {
            marked.Append(chunk[..space]).Append(WordStart);
            chunk = chunk[space..].TrimStart(' ');
        }

        return marked.Append(chunk).ToString();
    }

    /// <summary>Takes the longest added token that the text begins with; returns its length.</summary>
    private int TakeAddedToken(ReadOnlySpan<char> text, List<int> ids)
    {
        foreach (int length in _addedTokenLengths)
        {
            if (length <= text.Length && _addedTokens.TryGetValue(text[..length].ToString(), out int id))
            {
                ids.Add(id);
                return length;
            }
        }

        throw new UnreachableException("There is no added token where one was found.");
    }

    private static string ReplaceLoneSurrogates(string text)
    {
        // Where there is nothing to replace, the text comes back as it is.
        return text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') < 0
            ? text
            : string.Create(text.Length, text, static (buffer, source) =>
            {
                int position = 0;
                foreach (Rune rune in source.EnumerateRunes())
                {
                    position += rune.EncodeToUtf16(buffer[position..]);
                }
            });
    }
}
