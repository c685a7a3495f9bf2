using System.Globalization;
using AceStep.Audio;
using AceStep.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>Audio to latents and latents to audio against models/music_dcae and models/overlapped_decode.</summary>
[Category(ReferenceData.Category)]
public sealed class MusicCodecReferenceTests
{
    private const double Tolerance = TensorAssert.PipelineTolerance;

    private DisposeScope _scope;
    private MusicCodec _codec;
    private SafetensorsFile _reference;

    [SetUp]
    public void SetUp()
    {
        _scope = NewDisposeScope();
        _reference = CodecFixture.OpenReference("music_dcae");
        _codec = CodecFixture.LoadCodec(CodecFixture.Tiny);
    }

    [TearDown]
    public void TearDown()
    {
        _codec?.Dispose();
        _reference?.Dispose();
        _scope.Dispose();
    }

    [Test]
    public void Encode_AudioAtEachRate_GivesRecordedLatents()
    {
        string[] rates = [.. _reference.Names.Where(name => name.StartsWith("audio_", StringComparison.Ordinal)).Select(name => name["audio_".Length..])];
        Assert.That(rates, Is.Not.Empty);
        foreach (string rate in rates)
        {
            Tensor audio = Resample(_reference.Read($"audio_{rate}")[0], int.Parse(rate, CultureInfo.InvariantCulture), _codec.SampleRate);
            CodecFixture.AssertMatches(_codec.Encode(audio.unsqueeze(0)), _reference, $"latents_{rate}", Tolerance);
        }
    }

    [Test]
    public void Encode_Batch_GivesEachItemsLatents()
    {
        string rate = _codec.SampleRate.ToString(CultureInfo.InvariantCulture);
        Tensor audio = _reference.Read($"audio_{rate}");
        Tensor latents = _codec.Encode(cat([audio.Times(0.5), audio], 0));
        CodecFixture.AssertMatches(latents.narrow(0, 1, 1), _reference, $"latents_{rate}", Tolerance);
    }

    [Test]
    public void Decode_Batch_GivesRecordedAudio([Values(DecodeMode.Auto, DecodeMode.Whole, DecodeMode.Windowed)] DecodeMode mode)
    {
        _codec.WindowFrames = 5;
        Tensor audio = _codec.Decode(_reference.Read("decode_latents"), mode);
        CodecFixture.AssertMatches(audio.narrow(0, 0, 1), _reference, $"decode_{_codec.SampleRate}", Tolerance);
        CodecFixture.AssertMatches(audio.narrow(0, 1, 1), _reference, $"decode_{_codec.SampleRate}_second", Tolerance);
    }

    [Test]
    public void Decode_Resampled_GivesRecordedAudio()
    {
        Tensor audio = _codec.Decode(_reference.Read("decode_latents").narrow(0, 0, 1));
        Tensor resampled = Resample(audio[0], _codec.SampleRate, 48_000);
        CodecFixture.AssertMatches(resampled.unsqueeze(0), _reference, "decode_48000", Tolerance);
    }

    [Test]
    public void Decode_LongSong_IsTheWholeDecodeNotTheOriginalsWindows([Values(DecodeMode.Auto, DecodeMode.Whole)] DecodeMode mode)
    {
        using SafetensorsFile reference = CodecFixture.OpenReference("overlapped_decode");
        long frames = long.Parse(reference.Metadata["frames"], CultureInfo.InvariantCulture);
        Tensor latents = CodecFixture.RandomLatents(_codec, frames, ulong.Parse(reference.Metadata["seed"], CultureInfo.InvariantCulture));
        Tensor audio = _codec.Decode(latents, mode)[0];

        Assert.That(audio.size(1), Is.EqualTo(frames * _codec.SamplesPerFrame));
        Assert.That(audio.size(1), Is.EqualTo(long.Parse(reference.Metadata["samples_plain"], CultureInfo.InvariantCulture)));
        CodecFixture.AssertMatches(audio, reference, reference.Names.Single(name => name.StartsWith("plain_every_", StringComparison.Ordinal)), Tolerance);

        // Around the seams of the original's windows, and at the song's end, which it loses to its last block's filling.
        long[] starts = System.Text.Json.JsonSerializer.Deserialize<long[]>(reference.Metadata["windows"])!;
        for (int window = 0; window < starts.Length; window++)
        {
            Tensor plain = reference.Read($"plain_window_{window}");
            Tensor overlapped = reference.Read($"overlapped_window_{window}");
            long length = Math.Min(plain.size(1), audio.size(1) - starts[window]);
            Tensor own = audio.narrow(1, starts[window], length);
            double distance = TensorAssert.RelativeL2(own, plain);
            double originals = TensorAssert.RelativeL2(overlapped, plain);
            TestContext.Out.WriteLine($"{mode}, window {window}: {distance:E2}; the original's windows: {originals:E2}");
            Assert.That(distance, Is.LessThanOrEqualTo(Tolerance), $"window {window}");
            Assert.That(distance, Is.LessThan(originals), $"window {window}");
        }
    }

    // [channels, samples]
    private static Tensor Resample(Tensor audio, int from, int to)
    {
        float[][] planar = [.. Enumerable.Range(0, (int)audio.size(0)).Select(channel => audio[channel].contiguous().data<float>().ToArray())];
        AudioBuffer resampled = Resampler.Resample(AudioBuffer.FromPlanar(planar, from), to);
        return stack([.. Enumerable.Range(0, resampled.Channels).Select(channel => tensor(resampled.Channel(channel).ToArray()))], 0);
    }
}
