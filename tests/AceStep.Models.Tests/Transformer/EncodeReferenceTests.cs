using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>The whole condition encoder against models/encode.</summary>
public sealed class EncodeReferenceTests() : ReferenceTests("encode")
{
    private AceStepTransformer Transformer => Subject<AceStepTransformer>();

    private protected override IDisposable Load() => TransformerFixture.Load();

    [Test]
    public void Encode_ReferenceConditions_GivesRecordedStatesAndMask()
    {
        (Tensor hiddenStates, Tensor mask) = Encode(Recorded("text"), Recorded("speaker"), Recorded("token_ids"));
        Check(hiddenStates, "hidden_states");
        TensorAssert.BitEqual(mask, Recorded("hidden_mask"), "hidden_mask");
    }

    [Test]
    public void Encode_ZeroConditions_GivesRecordedStates()
    {
        (Tensor hiddenStates, _) = Encode(
            zeros_like(Recorded("text")),
            zeros_like(Recorded("speaker")),
            zeros_like(Recorded("token_ids")));
        Check(hiddenStates, "zero_hidden_states");
    }

    private (Tensor HiddenStates, Tensor Mask) Encode(Tensor text, Tensor speaker, Tensor ids)
    {
        using var inference = inference_mode();
        return Transformer.Encode(text, Recorded("text_mask"), speaker, ids, Recorded("lyric_mask"), weakenLyrics: false);
    }
}
