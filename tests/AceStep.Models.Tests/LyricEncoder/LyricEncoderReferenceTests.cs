using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>The lyric encoder, stage by stage, against models/lyric_encoder.</summary>
public sealed class LyricEncoderReferenceTests() : ReferenceTests("lyric_encoder")
{
    private AceStepTransformer Transformer => Subject<AceStepTransformer>();

    private protected override IDisposable Load() => TransformerFixture.Load();

    [Test]
    public void Create_ReferenceLength_GivesRecordedPositions() =>
        Check(Positions.unsqueeze(0), "pos_emb");

    [Test]
    public void Embedding_ReferenceIds_GivesRecordedVectors()
    {
        Tensor embedding = CodecFixture.Part<TokenEmbedding>(Transformer, "lyric_embs").call(Ids);
        Check(embedding, "embedding");
        Tensor embedded = CodecFixture.Part<LyricEmbedding>(Transformer, "lyric_encoder.embed").call(embedding);

        // The usual tolerance would not see another epsilon of the norm, which moves this by 6e-6.
        Check(embedded, "embed", 2e-6);
    }

    [Test]
    public void FirstLayer_ReferenceInput_GivesRecordedParts()
    {
        const string Layer = "lyric_encoder.encoders.0";
        Tensor input = Recorded("embed");
        Tensor normalised = CodecFixture.Part<LayerNorm>(Transformer, $"{Layer}.norm_mha").call(input);
        Tensor attention = CodecFixture.Part<RelativeAttention>(Transformer, $"{Layer}.self_attn").call(normalised, Positions, IsPadding, false);
        Check(attention, "layer.0.attention");

        normalised = CodecFixture.Part<LayerNorm>(Transformer, $"{Layer}.norm_ff").call(input.Plus(attention));
        Tensor feedForward = CodecFixture.Part<LyricFeedForward>(Transformer, $"{Layer}.feed_forward").call(normalised);
        Check(feedForward, "layer.0.feed_forward");
    }

    [Test]
    public void Layers_ReferenceInput_GiveRecordedStreams()
    {
        IReadOnlyList<int> recorded = TransformerFixture.Indices(Reference, "layer.");
        Assert.That(recorded, Is.Not.Empty);
        Tensor stream = Recorded("embed");
        for (int layer = 0; layer <= recorded[^1]; layer++)
        {
            stream = CodecFixture.Part<LyricEncoderLayer>(Transformer, $"lyric_encoder.encoders.{layer}").call(stream, Positions, IsPadding, false);
            if (recorded.Contains(layer))
            {
                Check(stream, $"layer.{layer}");
            }
        }
    }

    [Test]
    public void Encoder_ReferenceIds_GivesRecordedOutput()
    {
        Tensor output = Encode(Ids, Recorded("mask"), weaken: false);
        Check(output, "output");
        Check(Project(output), "projected");
    }

    [Test]
    public void Encoder_NoValidToken_GivesRecordedOutput()
    {
        Tensor nothing = zeros(1, 1, dtype: int64);
        Check(Project(Encode(nothing, nothing, weaken: false)), "empty_projected");
    }

    [Test]
    public void Encoder_Weakened_EqualsSmallerQueryWeightsInLayersFourAndFive()
    {
        Tensor mask = Recorded("mask");
        Tensor weakened = Encode(Ids, mask, weaken: true);
        using (no_grad())
        {
            foreach (int layer in (int[])[4, 5])
            {
                Linear toQuery = CodecFixture.Part<Linear>(Transformer, $"lyric_encoder.encoders.{layer}.self_attn.linear_q");
                toQuery.weight.MultiplyInPlace(0.01);
                toQuery.bias!.MultiplyInPlace(0.01);
            }
        }

        TensorAssert.Close(weakened, Encode(Ids, mask, weaken: false), TensorAssert.ModuleTolerance, "weakened");
        Assert.That(TensorAssert.RelativeL2(weakened, Recorded("output")), Is.GreaterThan(100 * TensorAssert.ModuleTolerance), "weakening changes the output");
    }

    private Tensor Ids => Recorded("token_ids");

    private Tensor IsPadding => Recorded("mask").logical_not().unsqueeze(1).unsqueeze(1);

    private Tensor Positions => RelativePositions.Create(Ids.size(1), Transformer.Config.LyricWidth, float32, CPU);

    private Tensor Encode(Tensor ids, Tensor mask, bool weaken)
    {
        Tensor embedding = CodecFixture.Part<TokenEmbedding>(Transformer, "lyric_embs").call(ids);
        return CodecFixture.Part<LyricEncoder>(Transformer, "lyric_encoder").call(embedding, mask, weaken);
    }

    private Tensor Project(Tensor output) => CodecFixture.Part<Linear>(Transformer, "lyric_proj").call(output);
}
