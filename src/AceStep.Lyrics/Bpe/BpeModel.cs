using System.Text.Json;
using AceStep.Lyrics.Text;

namespace AceStep.Lyrics.Bpe;

/// <summary>What a tokenizer description says: tokens, merges and added tokens.</summary>
internal sealed class BpeModel
{
    private const string WhitespaceSplitter = "Whitespace";

    private BpeModel(
        Dictionary<int, int> characters, Dictionary<long, Merge> merges, IReadOnlyList<AddedToken> addedTokens, int unknownId, int count)
    {
        (Characters, Merges, AddedTokens, UnknownId, Count) = (characters, merges, addedTokens, unknownId, count);
    }

    /// <summary>The id of every token that is one character, by code point.</summary>
    public Dictionary<int, int> Characters { get; }

    /// <summary>What a pair of ids merges to, by <see cref="Pair"/>.</summary>
    public Dictionary<long, Merge> Merges { get; }

    public IReadOnlyList<AddedToken> AddedTokens { get; }

    /// <summary>The id of a character that is no token.</summary>
    public int UnknownId { get; }

    /// <summary>One more than the highest id.</summary>
    public int Count { get; }

    public static long Pair(int left, int right) => ((long)left << 32) | (uint)right;

    /// <summary>Reads a description; everything that would change the ids and is not known here is refused.</summary>
    /// <exception cref="InvalidDataException">The description breaks a rule; the message names it.</exception>
    public static BpeModel Read(JsonElement root)
    {
        Require(root.ValueKind == JsonValueKind.Object, "it must be an object");
        RequireNull(root, "normalizer");
        RequireNull(root, "post_processor");
        RequireNull(root, "truncation");
        RequireNull(root, "padding");
        string? splitter = Object(root, "pre_tokenizer").TryGetProperty("type", out JsonElement type) ? type.GetString() : null;
        Require(splitter == WhitespaceSplitter, $"pre_tokenizer.type must be \"{WhitespaceSplitter}\", not \"{splitter}\"");

        JsonElement model = Object(root, "model");
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

        Dictionary<string, int> vocabulary = ReadVocabulary(Object(model, "vocab"));
        IReadOnlyList<AddedToken> addedTokens = ReadAddedTokens(Property(root, "added_tokens", JsonValueKind.Array));
        string unknown = Property(model, "unk_token", JsonValueKind.String).GetString()!;
        Require(vocabulary.TryGetValue(unknown, out int unknownId), $"model.unk_token \"{unknown}\" is not in model.vocab");

        var characters = new Dictionary<int, int>();
        foreach ((string token, int id) in vocabulary)
        {
            if (CodePoints.Of(token) is [int codePoint])
            {
                characters.Add(codePoint, id);
            }
        }

        return new BpeModel(
            characters,
            ReadMerges(Property(model, "merges", JsonValueKind.Array), vocabulary),
            addedTokens,
            unknownId,
            vocabulary.Values.Concat(addedTokens.Select(token => token.Id)).Max() + 1);
    }

    private static Dictionary<string, int> ReadVocabulary(JsonElement tokens)
    {
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (JsonProperty token in tokens.EnumerateObject())
        {
            Require(
                token.Value.ValueKind == JsonValueKind.Number && token.Value.TryGetInt32(out int id) && id >= 0,
                $"model.vocab[\"{token.Name}\"] must be an id of 0 or more, not {token.Value.GetRawText()}");
            Require(vocabulary.TryAdd(token.Name, token.Value.GetInt32()), $"model.vocab has \"{token.Name}\" twice");
        }

        return vocabulary;
    }

    private static List<AddedToken> ReadAddedTokens(JsonElement tokens)
    {
        var added = new List<AddedToken>();
        foreach (JsonElement token in tokens.EnumerateArray())
        {
            string content = Property(token, "content", JsonValueKind.String).GetString()!;
            Require(content.Length > 0, "an entry of added_tokens has no content");
            Require(
                Property(token, "id", JsonValueKind.Number).TryGetInt32(out int id) && id >= 0,
                $"the added token \"{content}\" must have an id of 0 or more");
            foreach (string name in (string[])["single_word", "lstrip", "rstrip", "normalized"])
            {
                Require(
                    !token.TryGetProperty(name, out JsonElement flag) || flag.ValueKind == JsonValueKind.False,
                    $"{name} of the added token \"{content}\" must be false");
            }

            added.Add(new AddedToken(content, id));
        }

        return added;
    }

    // A merge is "left right", or a pair of strings. Of equal merges the last one ranks, as in the original.
    private static Dictionary<long, Merge> ReadMerges(JsonElement merges, Dictionary<string, int> vocabulary)
    {
        var ranks = new Dictionary<long, Merge>();
        int rank = 0;
        foreach (JsonElement merge in merges.EnumerateArray())
        {
            string[] parts = merge.ValueKind switch
            {
                JsonValueKind.String => merge.GetString()!.Split(' '),
                JsonValueKind.Array => [.. merge.EnumerateArray().Select(part => part.ValueKind == JsonValueKind.String ? part.GetString()! : "")],
                _ => [],
            };
            Require(parts.Length == 2, $"model.merges[{rank}] must be two tokens, not {merge.GetRawText()}");
            Require(
                vocabulary.TryGetValue(parts[0], out int left) & vocabulary.TryGetValue(parts[1], out int right)
                    & vocabulary.TryGetValue(parts[0] + parts[1], out int merged),
                $"model.merges[{rank}] ({merge.GetRawText()}): both parts and the whole must be in model.vocab");
            ranks[Pair(left, right)] = new Merge(rank, merged);
            rank++;
        }

        return ranks;
    }

    private static JsonElement Object(JsonElement parent, string name) => Property(parent, name, JsonValueKind.Object);

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

/// <summary>Two tokens that become one: the lower the rank, the earlier.</summary>
internal readonly record struct Merge(int Rank, int Id);

/// <summary>A token that is matched as it is written, before anything else.</summary>
internal sealed record AddedToken(string Content, int Id);
