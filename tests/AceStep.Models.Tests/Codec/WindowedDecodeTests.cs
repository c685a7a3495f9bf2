using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>Decoding in windows: pieces, lengths, plans. That the samples are the whole decode's is asked of both checkpoints.</summary>
public sealed class WindowedDecodeTests
{
    private DisposeScope _scope;

    [SetUp]
    public void SetUp() => _scope = NewDisposeScope();

    [TearDown]
    public void TearDown() => _scope.Dispose();

    [Test]
    [Category(ReferenceData.Category)]
    public void Decode_Windowed_EqualsWholeWindowByWindow([Values] bool nano, [Values(16, 31, 64)] int windowFrames)
    {
        using MusicCodec codec = CodecFixture.LoadCodec(nano ? CodecFixture.Nano : CodecFixture.Tiny);
        codec.WindowFrames = windowFrames;
        Tensor latents = CodecFixture.RandomLatents(codec, frames: 100);
        Tensor whole = codec.Decode(latents, DecodeMode.Whole)[0];
        Tensor windowed = codec.Decode(latents, DecodeMode.Windowed)[0];
        foreach (FrameRange window in FrameRange.Split(100, windowFrames))
        {
            FrameRange samples = window.Times(codec.SamplesPerFrame);
            TensorAssert.Close(samples.Of(windowed), samples.Of(whole), 2e-5, $"{window}");
        }
    }

    [Test]
    public void Next_Windowed_GivesPiecesInOrderWithoutGap([Values(1, 2, 7, 40, 41, 100)] int frames)
    {
        using MusicCodec codec = CodecFixture.LoadCodec(CodecFixture.Nano);
        codec.WindowFrames = 20;
        Tensor latents = CodecFixture.RandomLatents(codec, frames);
        Tensor expected = codec.Decode(latents, DecodeMode.Whole)[0];
        using SongDecoding decoding = codec.StartDecoding(latents, DecodeMode.Windowed);
        long position = 0;
        int pieces = 0;
        while (decoding.Next() is { } piece)
        {
            Assert.That(piece.StartSample, Is.EqualTo(position));
            TensorAssert.Close(piece.Samples, expected.narrow(1, position, piece.Samples.size(1)), 2e-5, $"piece {pieces}");
            position += piece.Samples.size(1);
            pieces++;
            piece.Dispose();
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(position, Is.EqualTo(frames * codec.SamplesPerFrame));
            Assert.That(decoding.TotalSamples, Is.EqualTo(position));
            Assert.That(pieces, Is.EqualTo((frames + 19) / 20));
            Assert.That(decoding.Next(), Is.Null);
        }
    }

    [Test]
    public void Next_WindowsShorterThanTheVocoderSees_StillGivesAllSamples()
    {
        using MusicCodec codec = CodecFixture.LoadCodec(CodecFixture.Nano);
        codec.WindowFrames = 1;
        Tensor latents = CodecFixture.RandomLatents(codec, frames: 9);
        TensorAssert.Close(codec.Decode(latents, DecodeMode.Windowed), codec.Decode(latents, DecodeMode.Whole), 2e-5, "waveform");
    }

    [Test]
    public void Decode_Auto_TakesWindowsAboveFortyEightSeconds()
    {
        using MusicCodec codec = CodecFixture.LoadCodec(CodecFixture.Nano);
        long longest = 48L * codec.SampleRate / codec.SamplesPerFrame;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(codec.DecodeSteps(1, longest), Is.EqualTo(codec.DecodeSteps(1, longest, DecodeMode.Whole)));
            Assert.That(codec.DecodeSteps(1, longest + 1), Is.EqualTo(codec.DecodeSteps(1, longest + 1, DecodeMode.Windowed)));
            Assert.That(codec.DecodeSteps(1, longest + 1), Is.GreaterThan(codec.DecodeSteps(1, longest)));
        }
    }

    [Test]
    public void Decode_TwoItems_GivesEachItemsSong([Values(DecodeMode.Whole, DecodeMode.Windowed)] DecodeMode mode)
    {
        using MusicCodec codec = CodecFixture.LoadCodec(CodecFixture.Nano);
        codec.WindowFrames = 8;
        Tensor latents = CodecFixture.RandomLatents(codec, frames: 20, items: 2);
        Tensor together = codec.Decode(latents, mode);
        for (int item = 0; item < 2; item++)
        {
            TensorAssert.BitEqual(together.narrow(0, item, 1), codec.Decode(latents.narrow(0, item, 1), mode), $"item {item}");
        }
    }

    [TestCase(1, 8, 16, 0)]
    [TestCase(0, 8, 16, 4)]
    [TestCase(1, 7, 16, 4)]
    [TestCase(1, 8, 15, 4)]
    public void Decode_OtherShape_IsRefusedWithTheRule(params int[] shape)
    {
        using MusicCodec codec = CodecFixture.LoadCodec(CodecFixture.Nano);
        Tensor latents = zeros([.. shape.Select(size => (long)size)]);
        Assert.That(() => codec.Decode(latents), Throws.ArgumentException.With.Message.Contains("[items, 8, 16, frames]"));
    }

    [Test]
    public void StartDecoding_TwoSongs_IsRefused()
    {
        using MusicCodec codec = CodecFixture.LoadCodec(CodecFixture.Nano);
        Tensor latents = CodecFixture.RandomLatents(codec, frames: 2, items: 2);
        Assert.That(() => codec.StartDecoding(latents), Throws.ArgumentException.With.Message.Contains("2"));
    }
}
