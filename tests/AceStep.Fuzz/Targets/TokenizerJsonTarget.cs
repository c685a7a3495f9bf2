using AceStep.Models;

namespace AceStep.Fuzz.Targets;

/// <summary>A tokenizer.json of UMT5, and words through what it describes.</summary>
internal sealed class TokenizerJsonTarget : FuzzTarget
{
    private readonly string _path = Scratch.File("tokenizer-json", "tokenizer.json");

    public override string Name => "tokenizer-json";

    public override string Reads => "Umt5Tokenizer.Load: tokenizer.json";

    public override IReadOnlyList<string> Words =>
    [
        "\"added_tokens\":[", "\"normalizer\":", "\"pre_tokenizer\":", "\"post_processor\":", "\"special_tokens\":", "\"model\":{", "\"type\":\"Unigram\"", "\"unk_id\":", "\"vocab\":[", "[\"\\u2581\",-1.5]",
        "\"byte_fallback\":false", "\"prepend_scheme\":\"always\"", "\"single_word\":false", "\"content\":\"</s>\"", "\"ids\":[1]", "\\ud800", "1e999",
    ];

    // The table of first characters has half a megabyte, whatever the vocabulary.
    public override long Buffers => 2 << 20;

    public override void Read(byte[] input)
    {
        File.WriteAllBytes(_path, input);
        CheckTokenizer(Umt5Tokenizer.Load(_path));
    }

    public override bool IsRefusal(Exception error) => error is CheckpointFormatException;

    /// <summary>Encodes a few texts: ids of the vocabulary, as many as are allowed, the end's last.</summary>
    public static void CheckTokenizer(Umt5Tokenizer tokenizer)
    {
        int end = tokenizer.Encode("").Single();
        foreach (string text in (string[])["a", "funk, 110 bpm", "  two  spaces ", "<pad></s><unk><extra_id_0>", "\u2581\u2581x", "日本語 😀\ud800"])
        {
            int[] ids = tokenizer.Encode(text, maximumLength: 12);
            Require(ids.Length <= 12 && ids[^1] == end, "no more ids than are allowed, the end's last");
            Require(ids.All(id => id >= 0 && id < tokenizer.VocabularySize), "ids are of the vocabulary");
        }
    }
}
