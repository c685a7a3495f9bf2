using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>Progress, cancellation, memory and loading of the codec.</summary>
public sealed class MusicCodecTests
{
    [Test]
    public void Decode_AnyPlan_ReportsEachStepOnce([Values(DecodeMode.Whole, DecodeMode.Windowed)] DecodeMode mode, [Values(1, 3)] int items)
    {
        using var scope = NewDisposeScope();
        using MusicCodec codec = CodecFixture.LoadCodec(CodecFixture.Nano);
        codec.WindowFrames = 6;
        Recorder<int> recorder = new();
        codec.Decode(CodecFixture.RandomLatents(codec, frames: 20, items: items), mode, recorder);
        Assert.That(recorder.Values, Is.EqualTo(Enumerable.Range(1, codec.DecodeSteps(items, 20, mode))));
    }

    [Test]
    public void Encode_AnyLength_ReportsEachStepOnce([Values(1, 50)] int seconds)
    {
        using var scope = NewDisposeScope();
        using MusicCodec codec = CodecFixture.LoadCodec(CodecFixture.Nano);
        Recorder<int> recorder = new();
        Tensor audio = zeros(2, 2, seconds * codec.SampleRate);
        codec.Encode(audio, recorder);
        Assert.That(recorder.Values, Is.EqualTo(Enumerable.Range(1, codec.EncodeSteps(2, audio.size(2)))));
    }

    [Test]
    public void Decode_CancelledAtAnyStep_StopsThereAndLeavesNothing([Values(DecodeMode.Whole, DecodeMode.Windowed)] DecodeMode mode)
    {
        using MusicCodec codec = CodecFixture.LoadCodec(CodecFixture.Nano);
        codec.WindowFrames = 6;
        using Tensor latents = CodecFixture.RandomLatents(codec, frames: 12);
        int steps = codec.DecodeSteps(1, 12, mode);
        long before = LiveTensors.Count();
        for (int step = 1; step < steps; step++)
        {
            using CancellationTokenSource cancellation = new();
            Recorder<int> recorder = new(value => { if (value == step) { cancellation.Cancel(); } });
            Assert.That(() => codec.Decode(latents, mode, recorder, cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
            Assert.That(recorder.Values, Has.Count.EqualTo(step));
        }

        LiveTensors.AssertCount(before);
    }

    [Test]
    public void Encode_CancelledAtAnyStep_StopsThereAndLeavesNothing()
    {
        using MusicCodec codec = CodecFixture.LoadCodec(CodecFixture.Nano);
        using Tensor audio = zeros(1, 2, 50 * codec.SampleRate);
        int steps = codec.EncodeSteps(1, audio.size(2));
        long before = LiveTensors.Count();
        foreach (int step in new[] { 1, 2, steps / 2, steps - 1 })
        {
            using CancellationTokenSource cancellation = new();
            Recorder<int> recorder = new(value => { if (value == step) { cancellation.Cancel(); } });
            Assert.That(() => codec.Encode(audio, recorder, cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
            Assert.That(recorder.Values, Has.Count.EqualTo(step));
        }

        LiveTensors.AssertCount(before);
    }

    [Test]
    [Category(HoldsTensorsAttribute.Without)]
    public void CodecsLife_WithoutAScope_ReturnsEveryTensor()
    {
        long before = LiveTensors.CountAfterCollection();
        using (MusicCodec codec = CodecFixture.LoadCodec(CodecFixture.Nano))
        {
            codec.WindowFrames = 6;
            using Tensor audio = zeros(1, 2, 50 * codec.SampleRate);
            using Tensor latents = codec.Encode(audio);
            long loaded = LiveTensors.Count();
            using (Tensor short1 = latents.narrow(3, 0, 20))
            {
                codec.Decode(short1, DecodeMode.Whole).Dispose();
                codec.Decode(short1, DecodeMode.Windowed).Dispose();
                using SongDecoding abandoned = codec.StartDecoding(short1, DecodeMode.Windowed);
                abandoned.Next()!.Dispose();
            }

            LiveTensors.AssertCount(loaded);
        }

        LiveTensors.AssertCountAfterCollection(before);
    }

    [Test]
    public void Decode_InsideACallersScope_LeavesOneTensorThere([Values(DecodeMode.Whole, DecodeMode.Windowed)] DecodeMode mode)
    {
        using var scope = NewDisposeScope();
        using MusicCodec codec = CodecFixture.LoadCodec(CodecFixture.Nano);
        codec.WindowFrames = 6;
        Tensor latents = CodecFixture.RandomLatents(codec, frames: 20);
        long before = LiveTensors.Count();
        codec.Decode(latents, mode);
        LiveTensors.AssertCount(before + 1);
    }

    [Test]
    public void Load_InsideAScopeThatEnds_KeepsItsWeights()
    {
        MusicCodec codec;
        using (NewDisposeScope())
        {
            codec = CodecFixture.LoadCodec(CodecFixture.Nano);
        }

        using (codec)
        {
            using Tensor latents = CodecFixture.RandomLatents(codec, frames: 2);
            using Tensor audio = codec.Decode(latents);
            using Tensor again = codec.Encode(audio);
            Assert.That(again.shape, Is.EqualTo(latents.shape));
        }
    }

    [Test]
    public void Load_Progress_EndsWithTheBytesOfAllWeights()
    {
        Recorder<long> recorder = new();
        using MusicCodec codec = CodecFixture.LoadCodec(CodecFixture.Nano, bytesRead: recorder);
        using SafetensorsFile autoencoder = CodecFixture.OpenAutoencoder(CodecFixture.Nano);
        Assert.That(recorder.Values, Is.Ordered);
        Assert.That(recorder.Values[^1], Is.GreaterThan(autoencoder.Entries.Values.Sum(entry => entry.ByteCount)));
    }

    [Test]
    [Category(HoldsTensorsAttribute.Without)]
    public void Load_Cancelled_LeavesNothing()
    {
        long before = LiveTensors.CountAfterCollection();
        using CancellationTokenSource cancellation = new();
        Recorder<long> recorder = new(_ => cancellation.Cancel());
        Assert.That(
            () => CodecFixture.LoadCodec(CodecFixture.Nano, bytesRead: recorder, cancellationToken: cancellation.Token),
            Throws.InstanceOf<OperationCanceledException>());
        LiveTensors.AssertCountAfterCollection(before);
    }

    [Test]
    public void Load_HalfPrecision_IsRefusedWithTheRule() =>
        Assert.That(() => CodecFixture.LoadCodec(CodecFixture.Nano, ScalarType.Float16), Throws.ArgumentException.With.Message.Contains("Float32 or BFloat16"));

    [Test]
    public void Load_ConfigsThatDoNotFit_IsRefusedWithBothNumbers()
    {
        using SafetensorsFile autoencoder = CodecFixture.OpenAutoencoder(CodecFixture.Nano);
        using SafetensorsFile vocoder = CodecFixture.OpenVocoder(CodecFixture.Nano);
        VocoderConfig odd = CodecFixture.VocoderConfigOf(CodecFixture.Nano) with { MelBins = 100 };
        Assert.That(
            () => MusicCodec.Load(CodecFixture.AutoencoderConfigOf(CodecFixture.Nano), autoencoder, odd, vocoder, ScalarType.Float32, CPU),
            Throws.ArgumentException.With.Message.Contains("100 and 8"));
    }

    /// <summary>Keeps what is reported, on the thread that reports it.</summary>
    private sealed class Recorder<T>(Action<T>? then = null) : IProgress<T>
    {
        public List<T> Values { get; } = [];

        public void Report(T value)
        {
            Values.Add(value);
            then?.Invoke(value);
        }
    }
}
