using AceStep.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>The autoencoder in windows that are given the whole song's attention sums.</summary>
[Category(ReferenceData.Category)]
public sealed class WindowedAttentionTests
{
    [Test]
    public void Run_WindowsWithReachAsContext_EqualsWhole()
    {
        using var scope = NewDisposeScope();
        using MusicAutoencoder autoencoder = CodecFixture.LoadAutoencoder(CodecFixture.Tiny);
        Tensor hidden = RandomHidden(autoencoder, frames: 50);
        using WindowedAttention whole = new(autoencoder.Decoder.AttentionBlocks);
        Tensor expected = whole.Run(hidden, CodecFixture.NoSteps);

        using WindowedAttention windowed = new(autoencoder.Decoder.AttentionBlocks);
        FrameRange[] windows = FrameRange.Split(50, 11);
        windowed.Gather(windows, range => range.Of(hidden), CodecFixture.NoSteps);
        foreach (FrameRange window in windows)
        {
            FrameRange wide = window.Widen(windowed.Reach, 50);
            Tensor actual = window.Of(windowed.Run(wide.Of(hidden), CodecFixture.NoSteps), wide);
            TensorAssert.Close(actual, window.Of(expected), 2e-6, $"{window}");
        }
    }

    [Test]
    public void Run_LessContextThanReach_Differs()
    {
        using var scope = NewDisposeScope();
        using MusicAutoencoder autoencoder = CodecFixture.LoadAutoencoder(CodecFixture.Tiny);
        Tensor hidden = RandomHidden(autoencoder, frames: 50);
        using WindowedAttention whole = new(autoencoder.Decoder.AttentionBlocks);
        Tensor expected = whole.Run(hidden, CodecFixture.NoSteps);

        using WindowedAttention windowed = new(autoencoder.Decoder.AttentionBlocks);
        windowed.Gather(FrameRange.Split(50, 11), range => range.Of(hidden), CodecFixture.NoSteps);
        FrameRange window = new(20, 30);
        FrameRange wide = window.Widen(windowed.Reach - 1, 50);
        Tensor actual = window.Of(windowed.Run(wide.Of(hidden), CodecFixture.NoSteps), wide);
        Assert.That(TensorAssert.RelativeL2(actual, window.Of(expected)), Is.GreaterThan(1e-5));
    }

    private static Tensor RandomHidden(MusicAutoencoder autoencoder, long frames)
    {
        using Generator generator = new(7);
        AutoencoderConfig config = CodecFixture.AutoencoderConfigOf(CodecFixture.Tiny);
        return autoencoder.Decoder.Enter(randn([1, config.LatentChannels, 16, frames], generator: generator));
    }
}
