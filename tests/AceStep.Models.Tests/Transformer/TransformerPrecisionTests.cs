using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>What stays float32 when the weights are bfloat16.</summary>
public sealed class TransformerPrecisionTests
{
    [Test]
    [Category(ReferenceData.Category)]
    public void Decode_BFloat16_StaysNearFloat32()
    {
        using var scope = NewDisposeScope();
        Tensor exact = Decode(float32);
        Tensor rounded = Decode(ScalarType.BFloat16);
        Assert.That(rounded.dtype, Is.EqualTo(ScalarType.BFloat16));

        // A bfloat16 is off by up to 4e-3 of itself; 24 blocks of rounding make 8e-3 of it here.
        TensorAssert.Close(rounded.to(float32), exact, 0.025, "velocity");
    }

    [Test]
    public void Rotate_BFloat16_MultipliesInFloat32()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor heads = randn(1, 40, 2, 16, generator: generator).to(bfloat16);
        using RotaryTable rounded = RotaryTable.Create(40, 16, 1e6, ScalarType.BFloat16, CPU);
        using RotaryTable exact = RotaryTable.Create(40, 16, 1e6, float32, CPU);
        TensorAssert.BitEqual(rounded.Rotate(heads), exact.Rotate(heads.to(float32)), "rotated");
    }

    [Test]
    public void Modulate_BFloat16_RoundsOnlyTheResult()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor values = randn(1, 7, 512, generator: generator).to(bfloat16);
        Tensor shift = randn(1, 1, 512, generator: generator);
        Tensor scale = randn(1, 1, 512, generator: generator);
        Tensor exact = RootMeanSquareNorm.Modulate(values.to(float32), shift, scale);
        TensorAssert.BitEqual(RootMeanSquareNorm.Modulate(values, shift, scale), exact.to(bfloat16), "modulated");
    }

    private static Tensor Decode(ScalarType precision)
    {
        const int Rows = 2;
        const int Frames = 12;
        const int EncoderTokens = 5;
        using AceStepTransformer transformer = TransformerFixture.Load(precision);
        using var generator = new Generator(2);
        TransformerConfig config = transformer.Config;
        Tensor latents = randn(Rows, config.InChannels, config.PatchHeight, Frames, generator: generator);
        Tensor encoder = randn(Rows, EncoderTokens, config.Width, generator: generator);
        using DecodeContext context = transformer.Prepare(encoder, ones(Rows, EncoderTokens), Frames, tensor(new[] { 500f }));
        return transformer.Decode(latents, 0, context);
    }
}
