using AceStep.Lyrics;

namespace AceStep.Fuzz.Targets;

/// <summary>The lyric tokenizer's vocab.json, and a line through it.</summary>
internal sealed class VocabularyTarget : FuzzTarget
{
    private readonly string _path = Scratch.File("vocab", "vocab.json");

    public override string Name => "vocab";

    public override string Reads => "LyricVocabulary.Load: vocab.json";

    public override IReadOnlyList<string> Words =>
    [
        "\"added_tokens\":[", "{\"id\":100,\"content\":\"[verse]\"}", "\"normalizer\":null", "\"pre_tokenizer\":{\"type\":\"Whitespace\"}", "\"model\":{", "\"type\":\"BPE\"", "\"unk_token\":\"[UNK]\"",
        "\"vocab\":{", "\"merges\":[", "\"a b\"", "[\"a\",\"b\"]", "\"ab\":7", "\"dropout\":", "\"byte_fallback\":true", "\"fuse_unk\":", "\"lstrip\":true", "\\ud800", "2147483647", "[zh-cn]",
    ];

    // The tables of the tokenizers' package.
    public override long Buffers => 2 << 20;

    public override void Read(byte[] input)
    {
        File.WriteAllBytes(_path, input);
        LyricVocabulary vocabulary = LyricVocabulary.Load(_path);
        Require(vocabulary.Count > 0, "there are tokens");
        LyricTokenizer tokenizer = new(vocabulary, new LyricTokenizerOptions { Language = "en" }, () => []);
        LyricEncoding encoding = tokenizer.Encode("[verse]\nhello ab world\nça va é 日");
        Require(encoding.Ids.All(id => id >= 0 && id < vocabulary.Count), "ids are of the vocabulary");
    }

    public override bool IsRefusal(Exception error) => error is InvalidDataException;
}
