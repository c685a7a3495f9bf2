using AceStep.Testing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

[TestFixture]
public sealed class Umt5EncoderTests
{
    private static readonly string[] Weights = ["checkpoint-tiny", "umt5-base", "model.safetensors"];
    private static readonly string[] Config = ["checkpoint-tiny", "umt5-base", "config.json"];

    [Test]
    [Category(ReferenceData.Category)]
    public void Encode_RecordedIds_GivesTheRecordedStates()
    {
        using var scope = NewDisposeScope();
        using SafetensorsFile recorded = Recorded();
        using Umt5Encoder encoder = LoadReference(float32);
        Tensor ids = recorded.Read("input_ids");
        Tensor mask = recorded.Read("attention_mask");
        Tensor first = ids.narrow(0, 0, 1);
        Tensor firstMask = mask.narrow(0, 0, 1);
        Tensor longIds = recorded.Read("long_input_ids");

        Assert.Multiple(() =>
        {
            Check("last_hidden_state", encoder.call(ids, mask, false));
            Check("alone_last_hidden_state", encoder.call(first, firstMask, false));
            Check("null_last_hidden_state", encoder.call(first, firstMask, true));
            Check("long_last_hidden_state", encoder.call(longIds, torch.ones_like(longIds), false));
        });

        void Check(string name, Tensor actual) => TensorAssert.Close(actual, recorded.Read(name), TensorAssert.ModuleTolerance, name);
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Blocks_RecordedIds_GiveTheRecordedStages()
    {
        using var scope = NewDisposeScope();
        using SafetensorsFile recorded = Recorded();
        using Umt5Encoder encoder = LoadReference(float32);
        using Umt5Pass pass = Umt5Pass.Create(recorded.Read("attention_mask"), encoder.Config, float32);
        int compared = 0;

        Tensor states = encoder.Embedding.call(recorded.Read("input_ids"));
        Check("embedding", states);
        foreach ((int index, Umt5Block block) in encoder.Stack.Blocks.Index())
        {
            Tensor attended = CodecFixture.Part<Umt5AttentionLayer>(block, "layer.0").call(states, pass, false);
            Tensor transformed = block.call(states, pass, false);

            // Of a layer, what it adds was recorded.
            Check($"block.{index}.attention", attended - states);
            Check($"block.{index}.feed_forward", transformed - attended);
            Check($"block.{index}", transformed);
            states = transformed;
        }

        Assert.That(compared, Is.GreaterThan(3));

        void Check(string name, Tensor actual)
        {
            if (recorded.Entries.ContainsKey(name))
            {
                TensorAssert.Close(actual, recorded.Read(name), TensorAssert.ModuleTolerance, name);
                compared++;
            }
        }
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Encode_InBfloat16_StaysNearTheRecordedStates()
    {
        using var scope = NewDisposeScope();
        using SafetensorsFile recorded = Recorded();
        using Umt5Encoder encoder = LoadReference(bfloat16);

        Tensor states = encoder.call(recorded.Read("input_ids"), recorded.Read("attention_mask"), false);

        // Eight bits of mantissa through twelve blocks.
        Assert.That(states.dtype, Is.EqualTo(bfloat16));
        TensorAssert.Close(states, recorded.Read("last_hidden_state"), 3e-2, "last_hidden_state in bfloat16");
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void To_AnotherType_ConvertsEveryWeightThatIsComputedWith()
    {
        using var scope = NewDisposeScope();
        using SafetensorsFile recorded = Recorded();
        using Umt5Encoder converted = LoadReference(float32);
        using Umt5Encoder loaded = LoadReference(bfloat16);
        Tensor ids = recorded.Read("input_ids");
        Tensor mask = recorded.Read("attention_mask");

        converted.to(bfloat16);

        TensorAssert.BitEqual(converted.call(ids, mask, false), loaded.call(ids, mask, false), "last_hidden_state");
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Encode_Repeatedly_LeavesNoTensorsBehind()
    {
        using SafetensorsFile recorded = Recorded();
        using Umt5Encoder encoder = LoadReference(float32);
        using Tensor ids = recorded.Read("input_ids");
        using Tensor mask = recorded.Read("attention_mask");
        long live = LiveTensors.Count();

        for (int round = 0; round < 3; round++)
        {
            encoder.call(ids, mask, true).Dispose();
        }

        LiveTensors.AssertCount(live);
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Load_ThenDispose_ReturnsEveryTensor()
    {
        long live = LiveTensors.Count();

        LoadReference(float32).Dispose();

        LiveTensors.AssertCount(live);
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Load_PartOfComfyUisFile_GivesTheSameWithinItsRounding()
    {
        using var scope = NewDisposeScope();
        using SafetensorsFile recorded = Recorded();
        using SafetensorsFile all = SafetensorsFile.Open(ReferenceData.Require("comfyui", "all_in_one.safetensors"));
        PrefixedTensorSource part = new(all, "text_encoders.umt5base.transformer.");
        using Umt5Encoder encoder = Umt5Encoder.Load(Umt5Config.FromTensors(part), part, float32, CPU);

        Tensor states = encoder.call(recorded.Read("input_ids"), recorded.Read("attention_mask"), false);

        // Its weights are the recorded ones in float16: eleven bits.
        Assert.That(part.Type("shared.weight"), Is.EqualTo(ScalarType.Float16));
        TensorAssert.Close(states, recorded.Read("last_hidden_state"), 2e-3, "last_hidden_state from float16 weights");
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Load_WholeModelWithTiedEmbedding_TakesTheEncoder()
    {
        using var scope = NewDisposeScope();
        using SafetensorsFile original = SafetensorsFile.Open(ReferenceData.Require(Weights));
        using TemporaryFile file = new();
        SafetensorsWriter.Write(
            file.Path,
            [
                .. original.Names.Select(name => KeyValuePair.Create(name == "shared.weight" ? "encoder.embed_tokens.weight" : name, original.Read(name))),
                new("decoder.block.0.weight", torch.zeros(1)),
                new("lm_head.weight", torch.zeros(1)),
            ]);
        using SafetensorsFile renamed = SafetensorsFile.Open(file.Path);

        using Umt5Encoder encoder = Umt5Encoder.Load(Umt5Config.FromTensors(renamed), renamed, float32, CPU);

        TensorAssert.BitEqual(encoder.get_parameter("shared.weight")!, original.Read("shared.weight"), "embedding");
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Load_ConfigOfOtherSizes_NamesTheTensorsWithBothShapes()
    {
        using SafetensorsFile weights = SafetensorsFile.Open(ReferenceData.Require(Weights));
        Umt5Config config = Umt5Config.Load(ReferenceData.Require(Config));

        CheckpointMismatchException error = Assert.Throws<CheckpointMismatchException>(() =>
            Umt5Encoder.Load(config with { LayerCount = config.LayerCount + 1, FeedForwardWidth = config.FeedForwardWidth + 1 }, weights, float32, CPU))!;

        Assert.That(error.Missing, Has.Count.EqualTo(10).And.All.StartsWith($"encoder.block.{config.LayerCount}."));
        Assert.That(error.Misshapen, Has.Count.EqualTo(3 * config.LayerCount));
        Assert.That(error.Message, Does.Contain($"encoder.block.0.layer.1.DenseReluDense.wi_0.weight is [{config.FeedForwardWidth}, {config.Width}] and must be [{config.FeedForwardWidth + 1}, {config.Width}]"));
    }

    [Test]
    public void Parameters_ReleasedConfig_AreTheReleasedTensors()
    {
        using Umt5Encoder encoder = new(Umt5Config.Load(ReleasedData.ConfigPath("umt5-base")));

        Dictionary<string, string> actual = encoder.named_parameters()
            .ToDictionary(entry => entry.name, entry => string.Join(",", entry.parameter.shape));
        Assert.That(actual, Is.EquivalentTo(ReleasedData.Tensors("umt5-base").ShapesByName()));
        Assert.That(encoder.named_parameters().Select(entry => entry.parameter.device_type), Is.All.EqualTo(DeviceType.META));
        Assert.That(encoder.named_buffers(), Is.Empty);
    }

    [Test]
    public void Bucket_EveryDistance_FollowsTheKnownThresholds()
    {
        (int From, int Offset)[] thresholds = [(8, 8), (12, 9), (16, 10), (23, 11), (32, 12), (46, 13), (64, 14), (91, 15)];
        for (int distance = 0; distance <= 511; distance++)
        {
            int offset = distance < 8 ? distance : thresholds.Last(threshold => threshold.From <= distance).Offset;
            Assert.That(Umt5Pass.Bucket(-distance, 32, 128), Is.EqualTo(offset), $"distance {-distance}");
            Assert.That(Umt5Pass.Bucket(distance, 32, 128), Is.EqualTo(distance == 0 ? 0 : 16 + offset), $"distance {distance}");
        }
    }

    private static SafetensorsFile Recorded() => SafetensorsFile.Open(ReferenceData.Require("models", "umt5.safetensors"));

    private static Umt5Encoder LoadReference(ScalarType dtype)
    {
        using SafetensorsFile weights = SafetensorsFile.Open(ReferenceData.Require(Weights));
        return Umt5Encoder.Load(Umt5Config.Load(ReferenceData.Require(Config)), weights, dtype, CPU);
    }
}
