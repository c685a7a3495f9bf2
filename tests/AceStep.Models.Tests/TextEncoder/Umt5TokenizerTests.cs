using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

[TestFixture]
public sealed class Umt5TokenizerTests
{
    private static readonly string[] ReferenceTokenizer = ["checkpoint-tiny", "umt5-base", "tokenizer.json"];

    [Test]
    [Category(ReferenceData.Category)]
    public void RecordedPrompts_OfTheReferences_AreFound() => ReferenceData.RequireCases(RecordedPrompts(), "tokens", "prompts.json");

    [TestCaseSource(nameof(RecordedPrompts))]
    [Category(ReferenceData.Category)]
    public void Encode_RecordedPrompt_GivesItsIds(string text, int[] ids) =>
        Assert.That(Umt5Tokenizer.Load(ReferenceData.Require(ReferenceTokenizer)).Encode(text), Is.EqualTo(ids));

    [TestCaseSource(nameof(RecordedPrompts))]
    [Category(ReferenceData.Category)]
    public void Encode_WithEmbeddedSentencePieceModel_GivesTheRecordedIds(string text, int[] ids) =>
        Assert.That(LoadEmbedded().Encode(text), Is.EqualTo(ids));

    [Test]
    [Category(ReferenceData.Category)]
    public void Encode_WithTheModelInComfyUisFile_GivesTheIdsRecordedBesideIt()
    {
        using SafetensorsFile all = SafetensorsFile.Open(ReferenceData.Require("comfyui", "all_in_one.safetensors"));
        using SafetensorsFile recorded = SafetensorsFile.Open(ReferenceData.Require("comfyui", "text2music.safetensors"));
        using Tensor model = all.Read("text_encoders.spiece_model");
        int embeddings = (int)all.Shape("text_encoders.umt5base.transformer.shared.weight")[0];

        Umt5Tokenizer tokenizer = Umt5Tokenizer.FromSentencePieceModel(model.bytes, maximumSize: embeddings);

        Assert.That(tokenizer.VocabularySize, Is.LessThanOrEqualTo(embeddings));
        using JsonDocument prompts = JsonDocument.Parse(recorded.Metadata["prompt_ids"]);
        List<(string Text, int[] Ids)> vectors = ReadVectors(prompts.RootElement);
        Assert.That(vectors, Is.Not.Empty);
        Assert.Multiple(() =>
        {
            foreach ((string text, int[] ids) in vectors)
            {
                Assert.That(tokenizer.Encode(text), Is.EqualTo(ids), text);
            }
        });
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void FromSentencePieceModel_EmbeddedModel_HasTheVocabularyOfTheJson()
    {
        Umt5Tokenizer expected = Umt5Tokenizer.Load(ReferenceData.Require(ReferenceTokenizer));

        Umt5Tokenizer actual = LoadEmbedded();

        Assert.That(actual.VocabularySize, Is.EqualTo(expected.VocabularySize));
        Assert.That(actual.PaddingId, Is.EqualTo(expected.PaddingId));
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void FromSentencePieceModel_EncoderOfFewerEmbeddings_HasNoMoreIds()
    {
        byte[] model = File.ReadAllBytes(ReferenceData.Require("comfyui", "spiece.model"));
        int pieces = Umt5Tokenizer.FromSentencePieceModel(model, extraIdCount: 0).VocabularySize;

        Umt5Tokenizer tokenizer = Umt5Tokenizer.FromSentencePieceModel(model, maximumSize: pieces + 2);

        Assert.That(tokenizer.VocabularySize, Is.EqualTo(pieces + 2));
        Assert.That(tokenizer.Encode("<extra_id_0>"), Is.EqualTo((int[])[pieces + 1, 1]));
        Assert.That(Umt5Tokenizer.FromSentencePieceModel(model).VocabularySize, Is.EqualTo(pieces + 300));
    }

    [Test]
    public void Encode_ReleasedTokenizer_GivesTheKnownIds()
    {
        string? checkpoint = Environment.GetEnvironmentVariable("ACESTEP_CHECKPOINT");
        string path = Path.Combine(checkpoint ?? "", "umt5-base", "tokenizer.json");
        if (checkpoint is not { Length: > 0 } || !File.Exists(path))
        {
            Assert.Ignore("ACESTEP_CHECKPOINT names no released checkpoint, and only its tokenizer.json gives these ids.");
        }

        Umt5Tokenizer tokenizer = Umt5Tokenizer.Load(path);
        string vectors = Path.Combine(ReferenceData.RepositoryRoot, "tests", "data", "checkpoint", "umt5-token-vectors.json");
        Assert.Multiple(() =>
        {
            foreach ((string text, int[] ids) in ReadVectors(vectors, "vectors"))
            {
                Assert.That(tokenizer.Encode(text), Is.EqualTo(ids), text);
            }
        });
    }

    [Test]
    public void Encode_UnknownCharacters_FusesNeighboursOnly()
    {
        Umt5Tokenizer tokenizer = new VocabularyText("a", "b").Load();

        // Two unknown words: the word mark is a piece of its own between them.
        Assert.That(tokenizer.Encode("aéèb é"), Is.EqualTo((int[])[4, 5, 3, 6, 4, 3, 1]));
    }

    [Test]
    public void Encode_CharacterOutsideTheBasicPlane_CountsAsOne()
    {
        // The unknown arc must span both halves, and a piece may consist of both.
        Umt5Tokenizer tokenizer = new VocabularyText("a", "\U0001F3B5").Load();

        Assert.That(tokenizer.Encode("a\U0001F3B5\U0001F3B6a"), Is.EqualTo((int[])[4, 5, 6, 3, 5, 1]));
    }

    [Test]
    public void Encode_LoneSurrogate_CountsAsReplacementCharacter()
    {
        Umt5Tokenizer tokenizer = new VocabularyText("a", "\uFFFD").Load();

        Assert.That(tokenizer.Encode("a\ud800a\udc00"), Is.EqualTo((int[])[4, 5, 6, 5, 6, 1]));
    }

    [Test]
    public void Encode_EqualScores_KeepsTheFirstFound()
    {
        // "aa" + "a" and "a" + "aa" score the same; the cut found first, from the left, stays.
        Umt5Tokenizer tokenizer = new VocabularyText(("a", -1), ("aa", -1)).Load();

        Assert.That(tokenizer.Encode("aaa"), Is.EqualTo((int[])[4, 5, 6, 1]));
    }

    [Test]
    public void Encode_PieceTwiceInTheVocabulary_CountsTheLast()
    {
        // With the first one's score "ab" would be cut in two.
        Umt5Tokenizer tokenizer = new VocabularyText(("ab", -10), ("a", -3), ("b", -3), ("ab", -1)).Load();

        Assert.That(tokenizer.Encode("ab"), Is.EqualTo((int[])[4, 8, 1]));
    }

    [Test]
    public void Encode_PieceOfManyCharacters_IsFound()
    {
        string piece = new('x', 200);
        Umt5Tokenizer tokenizer = new VocabularyText("x", piece, "y").Load();

        Assert.That(tokenizer.Encode($"y{piece}y"), Is.EqualTo((int[])[4, 7, 6, 7, 1]));
    }

    [Test]
    public void Encode_SmallerMaximumLength_CutsButKeepsTheEnd()
    {
        Umt5Tokenizer tokenizer = new VocabularyText("a").Load();

        Assert.Multiple(() =>
        {
            Assert.That(tokenizer.Encode("a a a", 4), Is.EqualTo((int[])[4, 5, 4, 1]));
            Assert.That(tokenizer.Encode("a a a", 1), Is.EqualTo((int[])[1]));
            Assert.That(() => tokenizer.Encode("a", 0), Throws.TypeOf<ArgumentOutOfRangeException>());
        });
    }

    [TestCase("x")]
    [TestCase("x ")]
    [TestCase("<")]
    [TestCase("<extra_id_")]
    [TestCase(" ")]
    [TestCase("\U0001F3B5")]
    [TestCase("\ud800")]
    [TestCase("\u2581")]
    [TestCase("<pad>")]
    public void Encode_MegabytesOfOneThing_TakesTimeInProportion(string thing)
    {
        Umt5Tokenizer tokenizer = new VocabularyText("x", "xxxxxxxxxxxxxxxx", "<extra_id_0>").Load();
        tokenizer.Encode(thing);

        TimeSpan small = Time(1 << 18);
        TimeSpan large = Time(1 << 22);

        // Sixteen times the text; a square law would take 256 times as long. The floor absorbs the clock's and the machine's noise.
        Assert.That(large, Is.LessThan(TimeSpan.FromMilliseconds(100) + (64 * small)));

        TimeSpan Time(int length)
        {
            string text = new StringBuilder(length).Insert(0, thing, length / thing.Length).ToString();
            long start = Stopwatch.GetTimestamp();
            tokenizer.Encode(text);
            return Stopwatch.GetElapsedTime(start);
        }
    }

    [Test]
    public void Load_VocabularyOfTheReleasedSize_HasEveryPiece()
    {
        using TemporaryFile file = TemporaryFile.WithText(VocabularyText.Synthetic(256_300).ToJson());

        Assert.That(Umt5Tokenizer.Load(file.Path).VocabularySize, Is.EqualTo(256_300));
    }

    [TestCase("\"type\":\"Unigram\"", "\"type\":\"BPE\"", "Unigram")]
    [TestCase("\"unk_id\":3", "\"unk_id\":99", "unk_id")]
    [TestCase("\"unk_id\":3", "\"unk_id\":-1", "unk_id")]
    [TestCase("\"unk_id\":3", "\"unk_id\":\"3\"", "form")]
    [TestCase("\"unk_id\":3,", "", "model.unk_id")]
    [TestCase("\"byte_fallback\":false", "\"byte_fallback\":true", "byte_fallback")]
    [TestCase(" {2,}", " +", "normalizer")]
    [TestCase("\"prepend_scheme\":\"always\"", "\"prepend_scheme\":\"first\"", "pre_tokenizer")]
    [TestCase("\"split\":true", "\"split\":false", "pre_tokenizer")]
    [TestCase("\"normalized\":false", "\"normalized\":true", "normalized")]
    [TestCase("\"id\":2,", "\"id\":3,", "<s>")]
    [TestCase("\"ids\":[1]", "\"ids\":[2]", "</s>")]
    [TestCase("-1.5", "1e999", "finite")]
    [TestCase("-1.5", "\"-1.5\"", "form")]
    [TestCase("-1.5\n", "-1.5,0\n", "score")]
    [TestCase("\"version\":\"1.0\"", "\"normalizer\":null", "once")]
    [TestCase("<pad>", "\\ud800", "form")]
    public void Load_AnotherForm_SaysWhere(string part, string replacement, string named)
    {
        string json = new VocabularyText(("a", -1.5)).ToJson();
        Assert.That(json, Does.Contain(part));
        using TemporaryFile file = TemporaryFile.WithText(json.Replace(part, replacement, StringComparison.Ordinal));

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => Umt5Tokenizer.Load(file.Path))!;

        Assert.That(error.Message, Does.Contain(file.Path).And.Contain(named));
    }

    [Test]
    public void Load_FileCutAnywhere_IsRefused()
    {
        byte[] json = Encoding.UTF8.GetBytes(new VocabularyText("a", "b").ToJson());
        Assert.Multiple(() =>
        {
            for (int length = 0; length < json.Length; length++)
            {
                using TemporaryFile file = new(json.AsSpan(0, length));
                Assert.Throws<CheckpointFormatException>(() => Umt5Tokenizer.Load(file.Path), $"cut at {length}");
            }
        });
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void FromSentencePieceModel_DamagedModel_IsRefusedOrRead()
    {
        byte[] model = File.ReadAllBytes(ReferenceData.Require("comfyui", "spiece.model"));
        Random random = new(5);
        int refused = 0;
        for (int round = 0; round < 5000; round++)
        {
            byte[] damaged = [.. model.AsSpan(0, random.Next(4) == 0 ? random.Next(model.Length) : model.Length)];
            for (int change = random.Next(4); change >= 0 && damaged.Length > 0; change--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                Umt5Tokenizer.FromSentencePieceModel(damaged).Encode("techno, 128 bpm");
            }
            catch (CheckpointFormatException)
            {
                refused++;
            }
        }

        Assert.That(refused, Is.InRange(500, 4900));
    }

    private static IEnumerable<TestCaseData> RecordedPrompts()
    {
        string path = ReferenceData.PathOf("tokens", "prompts.json");
        return File.Exists(path)
            ? ReadVectors(path, "cases").Select((vector, index) =>
                new TestCaseData(vector.Text, vector.Ids).SetArgDisplayNames(index.ToString(CultureInfo.InvariantCulture)))
            : [];
    }

    private static List<(string Text, int[] Ids)> ReadVectors(string path, string section)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
        return ReadVectors(document.RootElement.GetProperty(section));
    }

    private static List<(string Text, int[] Ids)> ReadVectors(JsonElement vectors) =>
    [
        .. vectors.EnumerateArray().Select(vector => (
            vector.GetProperty("text").GetString()!,
            vector.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()).ToArray())),
    ];

    private static Umt5Tokenizer LoadEmbedded()
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllText(ReferenceData.Require(ReferenceTokenizer)));
        int extraIdCount = json.RootElement.GetProperty("added_tokens").EnumerateArray()
            .Count(token => token.GetProperty("content").GetString()!.StartsWith("<extra_id_", StringComparison.Ordinal));
        return Umt5Tokenizer.FromSentencePieceModel(File.ReadAllBytes(ReferenceData.Require("comfyui", "spiece.model")), extraIdCount);
    }
}
