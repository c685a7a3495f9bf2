using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>Loading the transformer: what is read, what is refused, what is given back.</summary>
[Category(ReferenceData.Category)]
public sealed class TransformerLoadingTests
{
    [Test]
    public void Load_ReferenceCheckpoint_ReadsNeededTensorsOnceAndUnusedOnesNever()
    {
        using SafetensorsFile weights = TransformerFixture.OpenWeights();
        var source = new RecordingSource(weights);
        using AceStepTransformer transformer = AceStepTransformer.Load(TransformerFixture.Config, source, float32, CPU);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(source.Read, Is.Unique);
            Assert.That(source.Read, Is.EquivalentTo(transformer.named_parameters().Select(entry => entry.name)));
            Assert.That(source.Read, Has.None.Matches<string>(AceStepTransformer.IsUnused));
            Assert.That(source.Read.Count + weights.Names.Count(AceStepTransformer.IsUnused), Is.EqualTo(weights.Names.Count));
        }
    }

    [TestCase(ScalarType.Float32)]
    [TestCase(ScalarType.BFloat16)]
    public void Load_Dtype_HoldsEveryWeightInItWithoutGradients(ScalarType dtype)
    {
        using AceStepTransformer transformer = TransformerFixture.Load(dtype);
        Assert.That(transformer.parameters(), Has.All.Matches<Tensor>(parameter => parameter.dtype == dtype && !parameter.requires_grad));
    }

    [Test]
    public void Load_ConfigOfAnotherSize_NamesBothShapes()
    {
        TransformerConfig config = TransformerFixture.Config;
        using SafetensorsFile weights = TransformerFixture.OpenWeights();
        TransformerConfig other = config with { TextWidth = config.TextWidth + 1 };
        CheckpointMismatchException error = Assert.Throws<CheckpointMismatchException>(() => AceStepTransformer.Load(other, weights, float32, CPU));
        Assert.That(error.Message, Does.Contain($"genre_embedder.weight is [{config.Width}, {config.TextWidth}] and must be [{config.Width}, {config.TextWidth + 1}]"));
    }

    [Test]
    public void Load_ConfigWithOneLayerLess_NamesUnexpectedTensors()
    {
        TransformerConfig config = TransformerFixture.Config;
        using SafetensorsFile weights = TransformerFixture.OpenWeights();
        TransformerConfig other = config with { LayerCount = config.LayerCount - 1 };
        CheckpointMismatchException error = Assert.Throws<CheckpointMismatchException>(() => AceStepTransformer.Load(other, weights, float32, CPU));
        Assert.That(error.Unexpected, Has.Some.EqualTo($"transformer_blocks.{config.LayerCount - 1}.attn.to_q.weight"));
    }

    [Test]
    public void Load_Cancelled_Throws()
    {
        using SafetensorsFile weights = TransformerFixture.OpenWeights();
        Assert.Throws<OperationCanceledException>(
            () => AceStepTransformer.Load(TransformerFixture.Config, weights, float32, CPU, cancellationToken: new CancellationToken(canceled: true)));
    }
}
