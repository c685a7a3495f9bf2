using AceStep.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>The whole condition encoder against models/encode.</summary>
[Category(ReferenceData.Category)]
public sealed class EncodeReferenceTests
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
        _reference = TransformerFixture.OpenReference("encode");
    }

    [TearDown]
    public void TearDown()
    {
        _scope.Dispose();
        _reference?.Dispose();
        _transformer?.Dispose();
    }

    [Test]
    public void Encode_ReferenceConditions_GivesRecordedStatesAndMask()
    {
        (Tensor hiddenStates, Tensor mask) = Encode(_reference.Read("text"), _reference.Read("speaker"), _reference.Read("token_ids"));
        TransformerFixture.AssertMatches(hiddenStates, _reference, "hidden_states", Tolerance);
        TensorAssert.BitEqual(mask, _reference.Read("hidden_mask"), "hidden_mask");
    }

    [Test]
    public void Encode_ZeroConditions_GivesRecordedStates()
    {
        (Tensor hiddenStates, _) = Encode(
            zeros_like(_reference.Read("text")),
            zeros_like(_reference.Read("speaker")),
            zeros_like(_reference.Read("token_ids")));
        TransformerFixture.AssertMatches(hiddenStates, _reference, "zero_hidden_states", Tolerance);
    }

    private (Tensor HiddenStates, Tensor Mask) Encode(Tensor text, Tensor speaker, Tensor ids)
    {
        using var inference = inference_mode();
        return _transformer.Encode(text, _reference.Read("text_mask"), speaker, ids, _reference.Read("lyric_mask"), weakenLyrics: false);
    }
}
