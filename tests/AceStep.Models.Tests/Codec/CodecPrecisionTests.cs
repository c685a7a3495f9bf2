using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>bfloat16 beside float32: within its rounding, and with the parts that stay in float32.</summary>
[Category(ReferenceData.Category)]
public sealed class CodecPrecisionTests
{
    // bfloat16 keeps 8 bits: 0.4 % a value.
    private const double Rounding = 1.0 / 256;

    [Test]
    public void Norm_LargeValuesInBFloat16_AreSquaredInFloat32()
    {
        using var scope = NewDisposeScope();
        using ChannelRmsNorm norm = new(512);
        ModuleLoader.Load(norm, new MemorySource(new Dictionary<string, Tensor> { ["weight"] = ones(512), ["bias"] = zeros(512) }), bfloat16, CPU);
        using Generator generator = new(4);
        Tensor x = randn([1, 512, 3, 5], generator: generator).to(bfloat16);
        Tensor exact = x.to(float64) / x.to(float64).Squared().mean([1], keepdim: true).Plus(1e-5).sqrt();
        Tensor once = exact.to(bfloat16);

        // Rounded once, at the end: nearly all values are the nearest that bfloat16 has.
        double same = norm.call(x).eq(once).to(float32).mean().item<float>();
        Assert.That(same, Is.GreaterThan(0.99));
    }

    [Test]
    public void Attention_BFloat16_KeepsItsSumsInFloat32()
    {
        using var scope = NewDisposeScope();
        using MusicAutoencoder autoencoder = CodecFixture.LoadAutoencoder(CodecFixture.Tiny, ScalarType.BFloat16);
        using Generator generator = new(4);
        EfficientViTBlock block = autoencoder.Decoder.AttentionBlocks[0];
        AutoencoderConfig config = CodecFixture.AutoencoderConfigOf(CodecFixture.Tiny);
        Tensor x = randn([1, config.DecoderStages[^1].Channels, 16, 10], generator: generator).to(bfloat16);
        Assert.That(block.Attention.Sums(x, 0, 10).dtype, Is.EqualTo(ScalarType.Float32));
        Assert.That(block.call(x, null).dtype, Is.EqualTo(ScalarType.BFloat16));
    }

    [Test]
    public void Codec_BFloat16_StaysNearFloat32([Values] bool nano)
    {
        using var scope = NewDisposeScope();
        string checkpoint = nano ? CodecFixture.Nano : CodecFixture.Tiny;
        using MusicCodec exact = CodecFixture.LoadCodec(checkpoint);
        using MusicCodec rounded = CodecFixture.LoadCodec(checkpoint, ScalarType.BFloat16);
        using SafetensorsFile reference = CodecFixture.OpenReference("music_dcae");
        Tensor latents = reference.Read("decode_latents");
        Tensor expected = exact.Decode(latents);
        Tensor actual = rounded.Decode(latents);
        double decoded = TensorAssert.RelativeL2(actual, expected);
        Tensor audio = reference.Read($"audio_{exact.SampleRate}");
        double encoded = TensorAssert.RelativeL2(rounded.Encode(audio), exact.Encode(audio));
        TestContext.Out.WriteLine($"decoded {decoded:E2}, encoded {encoded:E2}");
        Assert.That(actual.dtype, Is.EqualTo(ScalarType.Float32));
        Assert.That(encoded, Is.LessThan(10 * Rounding));
        Assert.That(decoded, Is.LessThan(60 * Rounding));
    }

    [Test]
    public void Decode_BFloat16InWindows_StaysAsNearAsWhole()
    {
        using var scope = NewDisposeScope();
        using MusicCodec exact = CodecFixture.LoadCodec(CodecFixture.Nano);
        using MusicCodec rounded = CodecFixture.LoadCodec(CodecFixture.Nano, ScalarType.BFloat16);
        rounded.WindowFrames = 8;
        Tensor latents = CodecFixture.RandomLatents(exact, frames: 30);
        Tensor expected = exact.Decode(latents);
        double whole = TensorAssert.RelativeL2(rounded.Decode(latents, DecodeMode.Whole), expected);
        double windowed = TensorAssert.RelativeL2(rounded.Decode(latents, DecodeMode.Windowed), expected);
        TestContext.Out.WriteLine($"whole {whole:E2}, windowed {windowed:E2}");
        Assert.That(windowed, Is.LessThan(1.5 * whole));
    }
}
