using System.Text.Json;

namespace AceStep.Models;

/// <summary>Reads the tokenizer.json of a UMT5, and refuses any other kind.</summary>
internal sealed class TokenizerJsonReader
{
    // Sixteen times the length of the released file.
    private const int MaximumFileLength = 256 << 20;

    private const string What = "a tokenizer.json";

    private readonly string _file;
    private readonly List<string> _pieces = [];
    private readonly List<double> _scores = [];
    private readonly Dictionary<string, JsonElement> _sections = new(StringComparer.Ordinal);

    private TokenizerJsonReader(string file) => _file = file;

    /// <summary>Reads a file.</summary>
    /// <exception cref="CheckpointFormatException">The file is damaged, or is another kind of tokenizer.</exception>
    public static Umt5Vocabulary Load(string path) =>
        new TokenizerJsonReader(path).Read(JsonFile.Read(path, What, MaximumFileLength, rule => new CheckpointFormatException(path, rule)).Span);

    private Umt5Vocabulary Read(ReadOnlySpan<byte> json)
    {
        try
        {
            ReadSections(json);
            return Check();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            // What the JSON types throw where a value is of another kind than the one asked for.
            string rule = error is JsonException notJson ? JsonFile.Rule(What, json, notJson) : $"{What} must have the form of UMT5's: {error.Message.TrimEnd('.')}";
            throw new CheckpointFormatException(_file, rule, innerException: error);
        }
    }

    /// <summary>The vocabulary is read as it is met: as elements it would take many times the memory.</summary>
    private void ReadSections(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject, "the file must be a JSON object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name == "model")
            {
                ReadModel(ref reader);
            }
            else
            {
                AddSection(name, ref reader);
            }
        }

        // Refuses anything but white space after the object.
        reader.Read();
    }

    private void ReadModel(ref Utf8JsonReader reader)
    {
        Expect(reader.TokenType == JsonTokenType.StartObject, "\"model\" must be an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name == "vocab")
            {
                ReadVocabulary(ref reader);
            }
            else
            {
                AddSection($"model.{name}", ref reader);
            }
        }
    }

    private void ReadVocabulary(ref Utf8JsonReader reader)
    {
        Expect(_pieces.Count == 0, "\"vocab\" must occur once");
        Expect(reader.TokenType == JsonTokenType.StartArray, "\"vocab\" must be an array");
        while (reader.Read() && reader.TokenType == JsonTokenType.StartArray)
        {
            reader.Read();
            Expect(reader.TokenType == JsonTokenType.String, "a piece must be a string");
            Expect(reader.ValueSpan.Length <= Umt5Vocabulary.LongestPiece, $"a piece must have at most {Umt5Vocabulary.LongestPiece} bytes; number {_pieces.Count} has {reader.ValueSpan.Length}");
            _pieces.Add(reader.GetString()!);
            reader.Read();
            double score = reader.GetDouble();
            Expect(double.IsFinite(score), FormattableString.Invariant($"a score must be finite; that of piece {_scores.Count} is {score}"));
            _scores.Add(score);
            reader.Read();
            Expect(reader.TokenType == JsonTokenType.EndArray, $"each of \"vocab\" must be a piece and its score; number {_scores.Count - 1} has more");
        }

        Expect(reader.TokenType == JsonTokenType.EndArray, "\"vocab\" must hold arrays of a piece and its score");
    }

    private void AddSection(string name, ref Utf8JsonReader reader) =>
        Expect(_sections.TryAdd(name, JsonElement.ParseValue(ref reader)), $"\"{CheckpointFormatException.Shorten(name)}\" must occur once");

    private Umt5Vocabulary Check()
    {
        Expect(_pieces.Count > 0, "\"vocab\" must hold pieces");
        Expect(Section("model.type").GetString() == "Unigram", "the model must be Unigram");
        Expect(!_sections.TryGetValue("model.byte_fallback", out JsonElement fallback) || !fallback.GetBoolean(), "byte_fallback must be false");
        int unknownId = Section("model.unk_id").GetInt32();
        Expect(unknownId >= 0 && unknownId < _pieces.Count, $"unk_id must be the id of one of the {_pieces.Count} pieces; it is {unknownId}");
        CheckNormalizer(Section("normalizer"));
        CheckPreTokenizer(Section("pre_tokenizer"));
        Dictionary<string, int> addedTokens = ReadAddedTokens(Section("added_tokens"));
        int endId = ReadEndId(Section("post_processor"));
        Expect(addedTokens.TryGetValue(Umt5Vocabulary.PaddingToken, out int paddingId), $"an added token is missing: {Umt5Vocabulary.PaddingToken}");
        return new Umt5Vocabulary(_pieces, [.. _scores], addedTokens, unknownId, endId, paddingId);
    }

    private void CheckNormalizer(JsonElement normalizer) =>
        Expect(
            normalizer.GetProperty("type").GetString() == "Replace"
            && normalizer.GetProperty("pattern").GetProperty("Regex").GetString() == " {2,}"
            && normalizer.GetProperty("content").GetString() == " ",
            "the normalizer must replace runs of spaces by one, and nothing else");

    private void CheckPreTokenizer(JsonElement preTokenizer)
    {
        // Older files say add_prefix_space for what newer ones call prepend_scheme always; split is true unless it is said.
        bool isAlwaysPrefixed = preTokenizer.TryGetProperty("prepend_scheme", out JsonElement scheme)
            ? scheme.GetString() == "always"
            : preTokenizer.GetProperty("add_prefix_space").GetBoolean();
        bool isSplit = !preTokenizer.TryGetProperty("split", out JsonElement split) || split.GetBoolean();
        Expect(
            preTokenizer.GetProperty("type").GetString() == "Metaspace"
            && preTokenizer.GetProperty("replacement").GetString() == "\u2581"
            && isAlwaysPrefixed
            && isSplit,
            "the pre_tokenizer must be Metaspace with \"\u2581\", always before the first word, and split");
    }

    private Dictionary<string, int> ReadAddedTokens(JsonElement tokens)
    {
        Dictionary<string, int> idsByToken = new(StringComparer.Ordinal);
        foreach (JsonElement token in tokens.EnumerateArray())
        {
            string content = token.GetProperty("content").GetString() ?? "";
            int id = token.GetProperty("id").GetInt32();
            Expect(content.Length > 0, "an added token must have content");
            Expect(id >= 0 && id < _pieces.Count && _pieces[id] == content, $"the added token \"{CheckpointFormatException.Shorten(content)}\" must be a piece and have its id; it has {id}");
            foreach (string flag in (string[])["single_word", "lstrip", "rstrip", "normalized"])
            {
                Expect(!token.GetProperty(flag).GetBoolean(), $"the added token \"{CheckpointFormatException.Shorten(content)}\" must not be {flag}");
            }

            Expect(idsByToken.TryAdd(content, id), $"the added token \"{CheckpointFormatException.Shorten(content)}\" must occur once");
        }

        return idsByToken;
    }

    private int ReadEndId(JsonElement postProcessor)
    {
        Expect(postProcessor.GetProperty("type").GetString() == "TemplateProcessing", "the post_processor must be a template");
        JsonElement single = postProcessor.GetProperty("single");
        Expect(
            single.GetArrayLength() == 2
            && single[0].GetProperty("Sequence").GetProperty("id").GetString() == "A"
            && single[1].GetProperty("SpecialToken").GetProperty("id").GetString() == Umt5Vocabulary.EndToken,
            $"the post_processor must append {Umt5Vocabulary.EndToken} and nothing else");
        JsonElement ids = postProcessor.GetProperty("special_tokens").GetProperty(Umt5Vocabulary.EndToken).GetProperty("ids");
        int id = ids.GetArrayLength() == 1 ? ids[0].GetInt32() : -1;
        Expect(id >= 0 && id < _pieces.Count && _pieces[id] == Umt5Vocabulary.EndToken, $"{Umt5Vocabulary.EndToken} must be a piece and have its id");
        return id;
    }

    private JsonElement Section(string name) =>
        _sections.TryGetValue(name, out JsonElement section) ? section : throw Broken($"\"{name}\" must be given; it is missing");

    private void Expect(bool condition, string rule)
    {
        if (!condition)
        {
            throw Broken(rule);
        }
    }

    private CheckpointFormatException Broken(string rule) => new(_file, $"{What} must have the form of UMT5's: {rule}");
}
