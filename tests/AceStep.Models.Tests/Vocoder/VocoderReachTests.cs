using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>The context that the vocoder is given in windows is what it sees, no less and no more.</summary>
public sealed class VocoderReachTests
{
    [TestCase(true)]
    [TestCase(false)]
    public void Forward_FrameChangedWithinReachAlone_ChangesTheWaveform(bool after)
    {
        using var scope = NewDisposeScope();
        using MelVocoder vocoder = CodecFixture.LoadVocoder(CodecFixture.Nano);
        VocoderConfig config = CodecFixture.VocoderConfigOf(CodecFixture.Nano);
        using Generator generator = new(5);
        int total = (4 * vocoder.Reach) + 1;
        FrameRange wanted = new(2 * vocoder.Reach, (2 * vocoder.Reach) + 1);
        FrameRange all = new(0, total);
        Tensor mel = randn([1, config.MelBins, total], generator: generator).Plus(-3);
        Tensor waveform = vocoder.call(mel, all, wanted, total, CodecFixture.NoSteps);

        for (int distance = vocoder.Reach + 1; distance >= vocoder.Reach - 2; distance--)
        {
            Tensor changed = mel.clone();
            changed.narrow(2, wanted.Start + (after ? distance : -distance), 1).AddInPlace(1000);
            double difference = (vocoder.call(changed, all, wanted, total, CodecFixture.NoSteps) - waveform).abs().max().item<float>();
            TestContext.Out.WriteLine($"{distance} frames away: {difference:E2}");
            if (distance > vocoder.Reach)
            {
                Assert.That(difference, Is.Zero, $"{distance} frames away");
            }
        }
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Forward_RangeWithContext_EqualsThatPartOfTheWhole([Values] bool nano)
    {
        using var scope = NewDisposeScope();
        string checkpoint = nano ? CodecFixture.Nano : CodecFixture.Tiny;
        using MelVocoder vocoder = CodecFixture.LoadVocoder(checkpoint);
        VocoderConfig config = CodecFixture.VocoderConfigOf(checkpoint);
        using Generator generator = new(6);
        const int Total = 400;
        FrameRange all = new(0, Total);
        Tensor mel = randn([2, config.MelBins, Total], generator: generator).Times(2).Plus(-5);
        Tensor whole = vocoder.call(mel, all, all, Total, CodecFixture.NoSteps);
        foreach (FrameRange wanted in new FrameRange[] { new(0, 100), new(100, 101), new(150, 260), new(399, 400), new(0, 400) })
        {
            FrameRange held = wanted.Widen(vocoder.Reach, Total);
            Tensor part = vocoder.call(held.Of(mel), held, wanted, Total, CodecFixture.NoSteps);
            TensorAssert.Close(part, wanted.Times(config.HopLength).Of(whole), 5e-6, $"{wanted}");
        }
    }
}
