using AceStep.Testing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>The lyric encoder, stage by stage, against models/lyric_encoder.</summary>
[Category(ReferenceData.Category)]
public sealed class LyricEncoderReferenceTests
{
    private const double Tolerance = TensorAssert.ModuleTolerance;

    private DisposeScope _scope;
    private AceStepTransformer _transformer;
    private SafetensorsFile _reference;

    [SetUp]
    public void SetUp()
    {
        _scope = NewDisposeScope();
        _transformer = TransformerFixture.Load();
        _reference = TransformerFixture.OpenReference("lyric_encoder");
    }

    [TearDown]
    public void TearDown()
    {
        _scope.Dispose();
        _reference?.Dispose();
        _transformer?.Dispose();
    }

    [Test]
    public void Create_ReferenceLength_GivesRecordedPositions() =>
        TransformerFixture.AssertMatches(Positions.unsqueeze(0), _reference, "pos_emb", Tolerance);

    [Test]
    public void Embedding_ReferenceIds_GivesRecordedVectors()
    {
        Tensor embedding = TransformerFixture.Part<TokenEmbedding>(_transformer, "lyric_embs").call(Ids);
        TransformerFixture.AssertMatches(embedding, _reference, "embedding", Tolerance);
        Tensor embedded = TransformerFixture.Part<LyricEmbedding>(_transformer, "lyric_encoder.embed").call(embedding);

        // The usual tolerance would not see another epsilon of the norm, which moves this by 6e-6.
        TransformerFixture.AssertMatches(embedded, _reference, "embed", 2e-6);
    }

    [Test]
    public void FirstLayer_ReferenceInput_GivesRecordedParts()
    {
        const string Layer = "lyric_encoder.encoders.0";
        Tensor input = _reference.Read("embed");
        Tensor normalised = TransformerFixture.Part<LayerNorm>(_transformer, $"{Layer}.norm_mha").call(input);
        Tensor attention = TransformerFixture.Part<RelativeAttention>(_transformer, $"{Layer}.self_attn").call(normalised, Positions, IsPadding, false);
        TransformerFixture.AssertMatches(attention, _reference, "layer.0.attention", Tolerance);

        normalised = TransformerFixture.Part<LayerNorm>(_transformer, $"{Layer}.norm_ff").call(input.Plus(attention));
        Tensor feedForward = TransformerFixture.Part<LyricFeedForward>(_transformer, $"{Layer}.feed_forward").call(normalised);
        TransformerFixture.AssertMatches(feedForward, _reference, "layer.0.feed_forward", Tolerance);
    }

    [Test]
    public void Layers_ReferenceInput_GiveRecordedStreams()
    {
        IReadOnlyList<int> recorded = TransformerFixture.Indices(_reference, "layer.");
        Assert.That(recorded, Is.Not.Empty);
        Tensor stream = _reference.Read("embed");
        for (int layer = 0; layer <= recorded[^1]; layer++)
        {
            stream = TransformerFixture.Part<LyricEncoderLayer>(_transformer, $"lyric_encoder.encoders.{layer}").call(stream, Positions, IsPadding, false);
            if (recorded.Contains(layer))
            {
                TransformerFixture.AssertMatches(stream, _reference, $"layer.{layer}", Tolerance);
            }
        }
    }

    [Test]
    public void Encoder_ReferenceIds_GivesRecordedOutput()
    {
        Tensor output = Encode(Ids, _reference.Read("mask"), weaken: false);
        TransformerFixture.AssertMatches(output, _reference, "output", Tolerance);
        TransformerFixture.AssertMatches(Project(output), _reference, "projected", Tolerance);
    }

    [Test]
    public void Encoder_NoValidToken_GivesRecordedOutput()
    {
        Tensor nothing = zeros(1, 1, dtype: int64);
        TransformerFixture.AssertMatches(Project(Encode(nothing, nothing, weaken: false)), _reference, "empty_projected", Tolerance);
    }

    [Test]
    public void Encoder_Weakened_EqualsSmallerQueryWeightsInLayersFourAndFive()
    {
        Tensor mask = _reference.Read("mask");
        Tensor weakened = Encode(Ids, mask, weaken: true);
        using (no_grad())
        {
            foreach (int layer in (int[])[4, 5])
            {
                Linear toQuery = TransformerFixture.Part<Linear>(_transformer, $"lyric_encoder.encoders.{layer}.self_attn.linear_q");
                toQuery.weight.MultiplyInPlace(0.01);
                toQuery.bias!.MultiplyInPlace(0.01);
            }
        }

        TensorAssert.Close(weakened, Encode(Ids, mask, weaken: false), Tolerance, "weakened");
        Assert.That(TensorAssert.RelativeL2(weakened, _reference.Read("output")), Is.GreaterThan(100 * Tolerance), "weakening changes the output");
    }

    private Tensor Ids => _reference.Read("token_ids");

    private Tensor IsPadding => _reference.Read("mask").logical_not().unsqueeze(1).unsqueeze(1);

    private Tensor Positions => RelativePositions.Create(Ids.size(1), _transformer.Config.LyricWidth, float32, CPU);

    private Tensor Encode(Tensor ids, Tensor mask, bool weaken)
    {
        Tensor embedding = TransformerFixture.Part<TokenEmbedding>(_transformer, "lyric_embs").call(ids);
        return TransformerFixture.Part<LyricEncoder>(_transformer, "lyric_encoder").call(embedding, mask, weaken);
    }

    private Tensor Project(Tensor output) => TransformerFixture.Part<Linear>(_transformer, "lyric_proj").call(output);
}
