using System.Text.Json.Nodes;

namespace AceStep.Lyrics.Tests;

internal sealed class LyricVocabularyTests
{
    private static IEnumerable<TestCaseData> Faults()
    {
        yield return Fault("normalizer must be null", root => root["normalizer"] = new JsonObject());
        yield return Fault("pre_tokenizer.type must be \"Whitespace\"", root => root["pre_tokenizer"]!["type"] = "ByteLevel");
        yield return Fault("no object named model", root => root.Remove("model"));
        yield return Fault("model.type must be \"BPE\"", root => root["model"]!["type"] = "Unigram");
        yield return Fault("model.fuse_unk must be false", root => root["model"]!["fuse_unk"] = true);
        yield return Fault("dropout must be null", root => root["model"]!["dropout"] = 0.1);
        yield return Fault("model.vocab[\"a\"] must be an id from 0 to 16777216, not -1", root => root["model"]!["vocab"]!["a"] = -1);
        yield return Fault("model.vocab[\"a\"] must be an id from 0 to 16777216, not \"x\"", root => root["model"]!["vocab"]!["a"] = "x");
        yield return Fault("model.unk_token \"[NONE]\" is not in model.vocab", root => root["model"]!["unk_token"] = "[NONE]");
        yield return Fault("model.merges[0] (\"a zz\")", root => root["model"]!["merges"]!.AsArray().Add("a zz"));
        yield return Fault("model.merges[0] must be two tokens", root => root["model"]!["merges"]!.AsArray().Add("a b c"));
        yield return Fault("model.merges[0] ([1,2])", root => root["model"]!["merges"]!.AsArray().Add(new JsonArray(1, 2)));
        yield return Fault("[START] must have the id 261", root => Added(root, "[START]")["id"] = 7);
        yield return Fault("added_tokens lacks the language [ja]", root => Added(root, "[ja]")["content"] = "[jp]");
        yield return Fault("lstrip of the added token \"[verse]\" must be false", root => Added(root, "[verse]")["lstrip"] = true);
        yield return Fault("[STOP]", root => root["added_tokens"]!.AsArray().Add(Added(root, "[STOP]").DeepClone()));
    }

    [TestCaseSource(nameof(Faults))]
    public void Load_DescriptionThatBreaksARule_NamesFileAndRule(string rule, Action<JsonObject> breakIt)
    {
        JsonObject description = SmallVocabulary.Describe();
        breakIt(description);

        InvalidDataException? exception = Assert.Throws<InvalidDataException>(() => SmallVocabulary.Load(description));

        Assert.That(exception!.Message, Does.Contain(rule).And.Contain("is not a lyric vocabulary").And.Contain(Path.GetTempPath()));
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("\"text\"")]
    [TestCase("{\"model\": {}}")]
    public void Load_NoDescription_IsRefused(string text)
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, text);

        Assert.Throws<InvalidDataException>(() => LyricVocabulary.Load(path));
        File.Delete(path);
    }

    [TestCase("<!doctype html><title>GitHub</title>", "it must be JSON; this is a web page (HTML)")]
    [TestCase("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 364005\n", "it must be JSON; this is a Git LFS pointer")]
    [TestCase("\u001f\u008b\u0008.....................", "it must be JSON; this is a gzip archive")]
    [TestCase("PK\u0003\u0004..................", "it must be JSON; this is a ZIP archive")]
    public void Load_SomethingElse_SaysWhatItIs(string content, string what)
    {
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, [.. content.Select(letter => (byte)letter)]);

        InvalidDataException? error = Assert.Throws<InvalidDataException>(() => LyricVocabulary.Load(path));

        Assert.That(error!.Message, Does.StartWith($"{path} is not a lyric vocabulary: {what}"));
        File.Delete(path);
    }

    [Test]
    public void Load_AbsentFile_IsNotFound()
    {
        Assert.Throws<FileNotFoundException>(() => LyricVocabulary.Load(Path.Combine(Path.GetTempPath(), "no-such-vocab.json")));
    }

    [Test]
    public void StructureTags_OfAVocabulary_AreItsTagsWithoutLanguagesAndControls()
    {
        Assert.That(Vocabularies.Tiny.StructureTags, Does.Contain("[verse]").And.Contain("[pre-chorus]"));
        Assert.That(Vocabularies.Tiny.StructureTags, Has.None.AnyOf("[START]", "[UNK]", "[zh-cn]", "[en]"));
    }

    [Test]
    public void Encode_EqualMergesListedTwice_RanksTheLast()
    {
        // "a b" comes first and again after "b c": by its first place abc would be [ab, c].
        JsonObject description = SmallVocabulary.Describe("a b", "b c", "a b");
        var ids = new List<int>();

        SmallVocabulary.Load(description).Encoder.Encode("abc", ids, []);

        Assert.That(ids, Is.EqualTo(new[] { SmallVocabulary.Id(description, "a"), SmallVocabulary.Id(description, "bc") }));
    }

    [Test]
    public void Encode_LongPiece_MergesAsAShortOne()
    {
        // The pattern repeats without merges across its ends.
        JsonObject description = SmallVocabulary.Describe("a a", "aa a", "a b", "c d", "aab b", "aa b", "b c");
        description["model"]!["merges"]!.AsArray().RemoveAt(4);
        LyricVocabulary vocabulary = SmallVocabulary.Load(description);
        const string Pattern = "aaaabcdaabbaxbcaaz";
        var one = new List<int>();
        vocabulary.Encoder.Encode(Pattern, one, []);
        var many = new List<int>();

        vocabulary.Encoder.Encode(string.Concat(Enumerable.Repeat(Pattern, 200)), many, []);

        Assert.That(many, Is.EqualTo(Enumerable.Repeat(one, 200).SelectMany(ids => ids)));
    }

    [Test]
    public void Encode_RunLongerThanAnyWord_IsCutBetweenCharacters()
    {
        // The first run is odd, so that a cut by UTF-16 units would go through a pair.
        JsonObject description = SmallVocabulary.Describe();
        var ids = new List<int>();
        var unknown = new List<int>();

        SmallVocabulary.Load(description).Encoder.Encode("!" + string.Concat(Enumerable.Repeat("\U0001F3B5", 10_000)), ids, unknown);

        Assert.That(ids, Is.EqualTo(Enumerable.Repeat(1, 10_000).Prepend(SmallVocabulary.Id(description, "!"))));
        Assert.That(unknown, Is.EqualTo(Enumerable.Repeat(0x1F3B5, 10_000)));
    }

    [Test]
    public void Encode_UnknownTokenWrittenOut_IsNoUnknownCharacter()
    {
        var ids = new List<int>();
        var unknown = new List<int>();

        Vocabularies.Tiny.Encoder.Encode("[UNK]é", ids, unknown);

        Assert.That(ids.Take(1), Is.EqualTo((int[])[1]));
        Assert.That(unknown, Has.None.EqualTo('['));
    }

    private static TestCaseData Fault(string rule, Action<JsonObject> breakIt) => new TestCaseData(rule, breakIt).SetArgDisplayNames(rule);

    private static JsonNode Added(JsonObject root, string content) =>
        root["added_tokens"]!.AsArray().First(token => token!["content"]!.GetValue<string>() == content)!;
}
