using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

public sealed class WindowedEncodeTests
{
    [Test]
    [Category(ReferenceData.Category)]
    public void Encode_LongAudioInWindows_EqualsWhole([Values] bool nano)
    {
        using var scope = NewDisposeScope();
        using MusicCodec codec = CodecFixture.LoadCodec(nano ? CodecFixture.Nano : CodecFixture.Tiny);
        using Generator generator = new(8);
        long samples = (49L * codec.SampleRate) + 123;
        Tensor audio = randn([1, codec.AudioChannels, samples], generator: generator).Times(0.1);
        codec.WindowFrames = 1000;
        Tensor whole = codec.Encode(audio);
        codec.WindowFrames = 100;
        Tensor windowed = codec.Encode(audio);
        TensorAssert.Close(windowed, whole, 1e-5, "latents");
    }

    [TestCase(1)]
    [TestCase(4095)]
    [TestCase(4096)]
    [TestCase(4097)]
    public void Encode_AnyLength_GivesAFrameForEachStartedBlock(int samples)
    {
        using var scope = NewDisposeScope();
        using MusicCodec codec = CodecFixture.LoadCodec(CodecFixture.Nano);
        Tensor audio = ones(1, 2, samples).Times(0.1);
        Tensor latents = codec.Encode(audio);
        Assert.That(latents.shape, Is.EqualTo(new long[] { 1, 8, 16, (samples + 4095) / 4096 }));

        // The filling is silence.
        Tensor filled = nn.functional.pad(audio, (0, (latents.size(3) * 4096) - samples));
        TensorAssert.BitEqual(codec.Encode(filled), latents, "latents");
    }

    [TestCase(1, 2, 0)]
    [TestCase(1, 1, 4096)]
    [TestCase(0, 2, 4096)]
    public void Encode_OtherShape_IsRefusedWithTheRule(params int[] shape)
    {
        using MusicCodec codec = CodecFixture.LoadCodec(CodecFixture.Nano);
        using Tensor audio = zeros([.. shape.Select(size => (long)size)]);
        Assert.That(() => codec.Encode(audio), Throws.ArgumentException.With.Message.Contains("[items, 2, samples]"));
    }
}
