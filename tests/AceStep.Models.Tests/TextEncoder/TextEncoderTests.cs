using System.Text.Json;
using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

[TestFixture]
public sealed class TextEncoderTests
{
    [Test]
    [Category(ReferenceData.Category)]
    public void Encode_RecordedPrompts_GivesTheRecordedStatesAndMask()
    {
        using var scope = NewDisposeScope();
        using SafetensorsFile recorded = SafetensorsFile.Open(ReferenceData.Require("models", "umt5.safetensors"));
        string[] texts = JsonSerializer.Deserialize<string[]>(recorded.Metadata["texts"])!;
        using TextEncoder encoder = Load();

        (Tensor states, Tensor mask) = encoder.Encode(texts);
        (Tensor weakened, _) = encoder.Encode([texts[0]], weakenQueries: true);
        (Tensor longStates, _) = encoder.Encode([recorded.Metadata["long_text"]]);

        TensorAssert.Close(states, recorded.Read("last_hidden_state"), TensorAssert.ModuleTolerance, "states");
        TensorAssert.BitEqual(mask, recorded.Read("attention_mask").to(ScalarType.Bool), "mask");
        TensorAssert.Close(weakened, recorded.Read("null_last_hidden_state"), TensorAssert.ModuleTolerance, "weakened");
        TensorAssert.Close(longStates, recorded.Read("long_last_hidden_state"), TensorAssert.ModuleTolerance, "long");
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Encode_OneOfABatch_EqualsItAlone()
    {
        using var scope = NewDisposeScope();
        using TextEncoder encoder = Load();

        (Tensor batch, Tensor mask) = encoder.Encode(["", "piano, slow, sad", "x"]);
        (Tensor alone, _) = encoder.Encode(["x"]);

        long length = mask[2].sum().item<long>();
        Assert.That(mask[0].sum().item<long>(), Is.EqualTo(1), "an empty prompt is its end alone");
        TensorAssert.Close(batch.narrow(0, 2, 1).narrow(1, 0, length), alone, 1e-6, "alone");
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Encode_LongPrompt_IsCutAt256Tokens()
    {
        using var scope = NewDisposeScope();
        using TextEncoder encoder = Load();

        (Tensor states, Tensor mask) = encoder.Encode([string.Concat(Enumerable.Repeat("x ", 50_000))]);

        Assert.That(states.shape, Is.EqualTo((long[])[1, Umt5Tokenizer.DefaultMaximumLength, encoder.Encoder.Config.Width]));
        Assert.That(mask.all().item<bool>(), Is.True);
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Encode_NoPrompts_IsRefused()
    {
        using TextEncoder encoder = Load();

        Assert.Throws<ArgumentOutOfRangeException>(() => encoder.Encode([]));
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void LoadEncodeDispose_LeavesOnlyWhatWasReturned()
    {
        long live = LiveTensors.Count();
        using (TextEncoder encoder = Load())
        {
            (Tensor states, Tensor mask) = encoder.Encode(["a", "b c"]);
            states.Dispose();
            mask.Dispose();
        }

        LiveTensors.AssertCount(live);
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Load_TokenizerOfMoreIdsThanEmbeddings_IsRefused()
    {
        string folder = ReferenceData.Require("checkpoint-tiny", "umt5-base");
        using TemporaryFile config = new("config.json");
        string target = Path.GetDirectoryName(config.Path)!;
        File.Copy(Path.Combine(folder, "tokenizer.json"), Path.Combine(target, "tokenizer.json"));
        JsonNode values = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!;
        values["vocab_size"] = 9;
        File.WriteAllText(config.Path, values.ToJsonString());

        Assert.That(
            () => TextEncoder.Load(target, float32, CPU),
            Throws.TypeOf<CheckpointFormatException>().With.Message.Contains("tokenizer.json").And.Message.Contains("vocab_size"));
    }

    private static TextEncoder Load() => TextEncoder.Load(ReferenceData.Require("checkpoint-tiny", "umt5-base"), float32, CPU);
}
