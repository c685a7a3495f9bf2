using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AceStep.Models.Tests;

/// <summary>A tokenizer.json of UMT5's form with pieces of a test's own: ids 0 to 3 are the special ones, 4 is the word mark.</summary>
internal sealed class VocabularyText
{
    // As the original's files are: only what must be escaped is.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] Special = ["<pad>", "</s>", "<s>", "<unk>"];

    private readonly List<(string Text, double Score)> _pieces;

    public VocabularyText(params IEnumerable<(string Text, double Score)> pieces) =>
        _pieces = [.. Special.Select(token => (token, 0.0)), ("\u2581", -2), .. pieces];

    public VocabularyText(params IEnumerable<string> pieces)
        : this(pieces.Select((piece, index) => (piece, -1 - (index / 16.0))))
    {
    }

    /// <summary>Pieces of random letters, so many that there are <paramref name="count"/> in all.</summary>
    public static VocabularyText Synthetic(int count)
    {
        Random random = new(1);
        HashSet<string> pieces = [];
        while (pieces.Count < count - Special.Length - 1)
        {
            // Some of three bytes each, as in most of the released pieces.
            int first = random.Next(2) == 0 ? 'a' : 0x4e00;
            char[] letters = [.. Enumerable.Range(0, random.Next(1, 16)).Select(_ => (char)(first + random.Next(26)))];
            pieces.Add(random.Next(3) == 0 ? "\u2581" + new string(letters) : new string(letters));
        }

        return new VocabularyText(pieces.Select(piece => (piece, -20 * random.NextDouble())));
    }

    public Umt5Tokenizer Load()
    {
        using TemporaryFile file = TemporaryFile.WithText(ToJson());
        return Umt5Tokenizer.Load(file.Path);
    }

    public string ToJson()
    {
        StringBuilder json = new("""{"version":"1.0","added_tokens":[""");
        List<string> added = [.. _pieces.Select(piece => piece.Text).Where(text => text.StartsWith('<'))];
        json.AppendJoin(',', added.Select(token =>
            $$"""{"id":{{_pieces.FindIndex(piece => piece.Text == token)}},"content":{{JsonSerializer.Serialize(token, Plain)}},"single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}"""));
        json.Append("""],"normalizer":{"type":"Replace","pattern":{"Regex":" {2,}"},"content":" "},""");
        json.Append("\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"\u2581\",\"prepend_scheme\":\"always\",\"split\":true},");
        json.Append("""
            "post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],
            "special_tokens":{"</s>":{"id":"</s>","ids":[1],"tokens":["</s>"]}}},"model":{"type":"Unigram","unk_id":3,"vocab":[
            """);
        json.AppendJoin(",\n", _pieces.Select(piece =>
            $"    [\n      {JsonSerializer.Serialize(piece.Text, Plain)},\n      {piece.Score.ToString("R", CultureInfo.InvariantCulture)}\n    ]"));
        return json.Append("""],"byte_fallback":false}}""").ToString();
    }
}
