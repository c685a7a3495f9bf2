using System.Text.Json;
using System.Text.RegularExpressions;
using AceStep.Lyrics.Text;
using Microsoft.ML.Tokenizers;

namespace AceStep.Lyrics.Bpe;

/// <summary>
/// Byte-pair encoding with a vocabulary: first added tokens are found, then words, then merges are applied within each word.
/// The vocabulary's description is checked here; the encoding is done by Microsoft.ML.Tokenizers. Thread-safe.
/// </summary>
internal sealed partial class BpeEncoder
{
    private const string WhitespaceSplitter = "Whitespace";

    /// <summary>The highest id that is accepted: far above any vocabulary's, and one more still fits in an int.</summary>
    private const int LargestId = 1 << 24;

    private readonly BpeTokenizer _tokenizer;
    private readonly string _unknownToken;
    private readonly int _unknownId;

    private BpeEncoder(Dictionary<string, int> vocabulary, IEnumerable<string> merges, Dictionary<string, int> addedTokens, string unknownToken)
    {
        _unknownToken = unknownToken;
        _unknownId = vocabulary[unknownToken];
        AddedTokens = addedTokens;
        Count = vocabulary.Values.Concat(addedTokens.Values).Max() + 1;

        // If several tokens match, the first one in the dictionary is taken, which must be the longest.
        Dictionary<string, int> longestFirst = addedTokens.OrderByDescending(token => token.Key.Length).ToDictionary();
        _tokenizer = BpeTokenizer.Create(new BpeOptions(vocabulary)
        {
            Merges = merges,
            SpecialTokens = longestFirst,
            UnknownToken = unknownToken,
            PreTokenizer = new RegexPreTokenizer(Words(), longestFirst),
        });
    }

    /// <summary>The tokens that are matched literally, before words are split, and their ids.</summary>
    public IReadOnlyDictionary<string, int> AddedTokens { get; }

    /// <summary>The highest id plus one.</summary>
    public int Count { get; }

    /// <summary>Reads a tokenizer's description. Refuses every setting that would change the ids and is not supported here.</summary>
    /// <exception cref="InvalidDataException">The description breaks a rule; the message names it.</exception>
    public static BpeEncoder Read(JsonElement root)
    {
        Require(root.ValueKind == JsonValueKind.Object, "it must be an object");
        foreach (string name in (string[])["normalizer", "post_processor", "truncation", "padding"])
        {
            RequireNull(root, name);
        }

        string? splitter = Property(root, "pre_tokenizer", JsonValueKind.Object).TryGetProperty("type", out JsonElement type) ? type.GetString() : null;
        Require(splitter == WhitespaceSplitter, $"pre_tokenizer.type must be \"{WhitespaceSplitter}\", not \"{splitter}\"");

        JsonElement model = Property(root, "model", JsonValueKind.Object);
        Require(
            !model.TryGetProperty("type", out JsonElement kind) || kind.ValueEquals("BPE"), "model.type must be \"BPE\"");
        foreach (string name in (string[])["dropout", "continuing_subword_prefix", "end_of_word_suffix"])
        {
            RequireNull(model, name);
        }

        foreach (string name in (string[])["fuse_unk", "byte_fallback", "ignore_merges"])
        {
            Require(
                !model.TryGetProperty(name, out JsonElement flag) || flag.ValueKind is JsonValueKind.False or JsonValueKind.Null,
                $"model.{name} must be false");
        }

        Dictionary<string, int> vocabulary = ReadVocabulary(Property(model, "vocab", JsonValueKind.Object));
        Dictionary<string, int> addedTokens = ReadAddedTokens(Property(root, "added_tokens", JsonValueKind.Array));
        string unknown = Property(model, "unk_token", JsonValueKind.String).GetString()!;
        Require(vocabulary.ContainsKey(unknown), $"model.unk_token \"{unknown}\" is not in model.vocab");
        return new BpeEncoder(vocabulary, ReadMerges(Property(model, "merges", JsonValueKind.Array), vocabulary), addedTokens, unknown);
    }

    /// <summary>Appends the ids of a text, and to <paramref name="unknown"/> the characters that have no token.</summary>
    public void Encode(string text, List<int> ids, List<int> unknown)
    {
        foreach (EncodedToken token in _tokenizer.EncodeToTokens(text, out _, considerNormalization: false))
        {
            ids.Add(token.Id);
            ReadOnlySpan<char> written = text.AsSpan()[token.Offset];
            if (token.Id == _unknownId && !written.SequenceEqual(_unknownToken))
            {
                unknown.Add(CodePoints.At(written, 0));
            }
        }
    }

    /// <summary>
    /// Runs of word characters, and runs of characters that are neither word characters nor white space. The class is
    /// written out because .NET's \w differs from the one in Rust and Python, which the original uses. A run of more than
    /// 4,096 characters, which no song has, is split, since the time for a run grows with the square of its length.
    /// </summary>
    [GeneratedRegex("""[\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u200C\u200D\u24B6-\u24E9]{1,4096}|(?:[\uD800-\uDBFF][\uDC00-\uDFFF]|[^\s\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\u200C\u200D\u24B6-\u24E9]){1,4096}""", RegexOptions.CultureInvariant)]
    private static partial Regex Words();

    private static Dictionary<string, int> ReadVocabulary(JsonElement tokens)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (JsonProperty token in tokens.EnumerateObject())
        {
            Require(
                token.Value.ValueKind == JsonValueKind.Number && token.Value.TryGetInt32(out int id) && id is >= 0 and <= LargestId,
                $"model.vocab[\"{token.Name}\"] must be an id from 0 to {LargestId}, not {token.Value.GetRawText()}");
            Require(vocabulary.TryAdd(token.Name, token.Value.GetInt32()), $"model.vocab has \"{token.Name}\" twice");
        }

        return vocabulary;
    }

    private static Dictionary<string, int> ReadAddedTokens(JsonElement tokens)
    {
        var added = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (JsonElement token in tokens.EnumerateArray())
        {
            string content = Property(token, "content", JsonValueKind.String).GetString()!;
            Require(content.Length > 0, "an entry of added_tokens has no content");
            Require(
                Property(token, "id", JsonValueKind.Number).TryGetInt32(out int id) && id is >= 0 and <= LargestId,
                $"the added token \"{content}\" must have an id from 0 to {LargestId}");
            foreach (string name in (string[])["single_word", "lstrip", "rstrip", "normalized"])
            {
                Require(
                    !token.TryGetProperty(name, out JsonElement flag) || flag.ValueKind == JsonValueKind.False,
                    $"{name} of the added token \"{content}\" must be false");
            }

            Require(added.TryAdd(content, id), $"added_tokens has \"{content}\" twice");
        }

        return added;
    }

    // A merge is "left right", or a pair of strings. Of equal merges the last one's rank counts, as in the original. The
    // package accepts no duplicates, so they are removed here.
    private static IEnumerable<string> ReadMerges(JsonElement merges, Dictionary<string, int> vocabulary)
    {
        var ranked = new List<string>();
        foreach (JsonElement merge in merges.EnumerateArray())
        {
            string[] parts = merge.ValueKind switch
            {
                JsonValueKind.String => merge.GetString()!.Split(' '),
                JsonValueKind.Array => [.. merge.EnumerateArray().Select(part => part.ValueKind == JsonValueKind.String ? part.GetString()! : "")],
                _ => [],
            };
            Require(parts.Length == 2, $"model.merges[{ranked.Count}] must be two tokens, not {merge.GetRawText()}");
            Require(
                vocabulary.ContainsKey(parts[0]) && vocabulary.ContainsKey(parts[1]) && vocabulary.ContainsKey(parts[0] + parts[1]),
                $"model.merges[{ranked.Count}] ({merge.GetRawText()}): both parts and the whole must be in model.vocab");
            Require(
                !parts.Any(part => part.AsSpan().ContainsAny(' ', '\n') || part.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')),
                $"model.merges[{ranked.Count}] ({merge.GetRawText()}): merges with spaces, or of characters beyond U+FFFF, are not supported");
            ranked.Add($"{parts[0]} {parts[1]}");
        }

        return Enumerable.Reverse(ranked).Distinct(StringComparer.Ordinal).Reverse();
    }

    private static JsonElement Property(JsonElement parent, string name, JsonValueKind kind)
    {
        if (parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == kind)
        {
            return value;
        }

        throw new InvalidDataException($"it has no {kind.ToString().ToLowerInvariant()} named {name}");
    }

    private static void RequireNull(JsonElement parent, string name) => Require(
        !parent.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null, $"{name} must be null");

    private static void Require(bool condition, string rule)
    {
        if (!condition)
        {
            throw new InvalidDataException(rule);
        }
    }
}
