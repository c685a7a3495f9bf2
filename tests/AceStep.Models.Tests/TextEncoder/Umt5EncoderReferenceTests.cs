using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>UMT5's encoder, stage by stage, against models/umt5.</summary>
public sealed class Umt5EncoderReferenceTests() : ReferenceTests("umt5")
{
    private static readonly string[] Weights = ["checkpoint-tiny", "umt5-base", "model.safetensors"];
    private static readonly string[] Config = ["checkpoint-tiny", "umt5-base", "config.json"];

    private Umt5Encoder Encoder => Subject<Umt5Encoder>();

    private Tensor Ids => Recorded("input_ids");

    private Tensor Mask => Recorded("attention_mask");

    private protected override IDisposable Load() => Load(float32);

    [Test]
    public void Encode_RecordedIds_GivesTheRecordedStates()
    {
        Tensor first = Ids.narrow(0, 0, 1);
        Tensor firstMask = Mask.narrow(0, 0, 1);
        Tensor longIds = Recorded("long_input_ids");

        Assert.Multiple(() =>
        {
            Check(Encoder.call(Ids, Mask, false), "last_hidden_state");
            Check(Encoder.call(first, firstMask, false), "alone_last_hidden_state");
            Check(Encoder.call(first, firstMask, true), "null_last_hidden_state");
            Check(Encoder.call(longIds, torch.ones_like(longIds), false), "long_last_hidden_state");
        });
    }

    [Test]
    public void Blocks_RecordedIds_GiveTheRecordedStages()
    {
        using Umt5Pass pass = Umt5Pass.Create(Mask, Encoder.Config, float32);
        int compared = 0;

        Tensor states = Encoder.Embedding.call(Ids);
        CheckIfRecorded("embedding", states);
        foreach ((int index, Umt5Block block) in Encoder.Stack.Blocks.Index())
        {
            Tensor attended = CodecFixture.Part<Umt5AttentionLayer>(block, "layer.0").call(states, pass, false);
            Tensor transformed = block.call(states, pass, false);

            // Of a layer, what it adds was recorded.
            CheckIfRecorded($"block.{index}.attention", attended - states);
            CheckIfRecorded($"block.{index}.feed_forward", transformed - attended);
            CheckIfRecorded($"block.{index}", transformed);
            states = transformed;
        }

        Assert.That(compared, Is.GreaterThan(3));

        void CheckIfRecorded(string name, Tensor actual)
        {
            if (Reference.Entries.ContainsKey(name))
            {
                Check(actual, name);
                compared++;
            }
        }
    }

    [Test]
    public void Encode_InBfloat16_StaysNearTheRecordedStates()
    {
        using Umt5Encoder encoder = Load(bfloat16);

        Tensor states = encoder.call(Ids, Mask, false);

        // Eight bits of mantissa through twelve blocks.
        Assert.That(states.dtype, Is.EqualTo(bfloat16));
        TensorAssert.Close(states, Recorded("last_hidden_state"), 3e-2, "last_hidden_state in bfloat16");
    }

    [Test]
    public void To_AnotherType_ConvertsEveryWeightThatIsComputedWith()
    {
        using Umt5Encoder loaded = Load(bfloat16);

        Encoder.to(bfloat16);

        TensorAssert.BitEqual(Encoder.call(Ids, Mask, false), loaded.call(Ids, Mask, false), "last_hidden_state");
    }

    [Test]
    public void Encode_Repeatedly_LeavesNoTensorsBehind()
    {
        using Tensor ids = Ids;
        using Tensor mask = Mask;
        long live = LiveTensors.Count();

        for (int round = 0; round < 3; round++)
        {
            Encoder.call(ids, mask, true).Dispose();
        }

        LiveTensors.AssertCount(live);
    }

    [Test]
    public void Load_ThenDispose_ReturnsEveryTensor()
    {
        long live = LiveTensors.Count();

        Load(float32).Dispose();

        LiveTensors.AssertCount(live);
    }

    [Test]
    public void Load_PartOfComfyUisFile_GivesTheSameWithinItsRounding()
    {
        using SafetensorsFile all = SafetensorsFile.Open(ReferenceData.Require("comfyui", "all_in_one.safetensors"));
        PrefixedTensorSource part = new(all, "text_encoders.umt5base.transformer.");
        using Umt5Encoder encoder = Umt5Encoder.Load(Umt5Config.FromTensors(part), part, float32, CPU);

        Tensor states = encoder.call(Ids, Mask, false);

        // Its weights are the recorded ones in float16: eleven bits.
        Assert.That(part.Type("shared.weight"), Is.EqualTo(ScalarType.Float16));
        TensorAssert.Close(states, Recorded("last_hidden_state"), 2e-3, "last_hidden_state from float16 weights");
    }

    [Test]
    public void Load_WholeModelWithTiedEmbedding_TakesTheEncoder()
    {
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

    private static Umt5Encoder Load(ScalarType dtype)
    {
        using SafetensorsFile weights = SafetensorsFile.Open(ReferenceData.Require(Weights));
        return Umt5Encoder.Load(Umt5Config.Load(ReferenceData.Require(Config)), weights, dtype, CPU);
    }
}
