using System.Globalization;
using AceStep.Audio;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>Audio to latents and latents to audio against models/music_dcae and models/overlapped_decode.</summary>
public sealed class MusicCodecReferenceTests() : ReferenceTests("music_dcae")
{
    private const double Tolerance = TensorAssert.PipelineTolerance;

    private MusicCodec Codec => Subject<MusicCodec>();

    private protected override IDisposable Load() => CodecFixture.LoadCodec(CodecFixture.Tiny);

    [Test]
    public void Encode_AudioAtEachRate_GivesRecordedLatents()
    {
        string[] rates = [.. Reference.Names.Where(name => name.StartsWith("audio_", StringComparison.Ordinal)).Select(name => name["audio_".Length..])];
        Assert.That(rates, Is.Not.Empty);
        foreach (string rate in rates)
        {
            Tensor audio = Resample(Recorded($"audio_{rate}")[0], int.Parse(rate, CultureInfo.InvariantCulture), Codec.SampleRate);
            Check(Codec.Encode(audio.unsqueeze(0)), $"latents_{rate}", Tolerance);
        }
    }

    [Test]
    public void Encode_Batch_GivesEachItemsLatents()
    {
        string rate = Codec.SampleRate.ToString(CultureInfo.InvariantCulture);
        Tensor audio = Recorded($"audio_{rate}");
        Tensor latents = Codec.Encode(cat([audio.Times(0.5), audio], 0));
        Check(latents.narrow(0, 1, 1), $"latents_{rate}", Tolerance);
    }

    [Test]
    public void Decode_Batch_GivesRecordedAudio([Values(DecodeMode.Auto, DecodeMode.Whole, DecodeMode.Windowed)] DecodeMode mode)
    {
        Codec.WindowFrames = 5;
        Tensor audio = Codec.Decode(Recorded("decode_latents"), mode);
        Check(audio.narrow(0, 0, 1), $"decode_{Codec.SampleRate}", Tolerance);
        Check(audio.narrow(0, 1, 1), $"decode_{Codec.SampleRate}_second", Tolerance);
    }

    [Test]
    public void Decode_Resampled_GivesRecordedAudio()
    {
        Tensor audio = Codec.Decode(Recorded("decode_latents").narrow(0, 0, 1));
        Tensor resampled = Resample(audio[0], Codec.SampleRate, 48_000);
        Check(resampled.unsqueeze(0), "decode_48000", Tolerance);
    }

    [Test]
    public void Decode_LongSong_IsTheWholeDecodeNotTheOriginalsWindows([Values(DecodeMode.Auto, DecodeMode.Whole)] DecodeMode mode)
    {
        using SafetensorsFile reference = CodecFixture.OpenReference("overlapped_decode");
        long frames = long.Parse(reference.Metadata["frames"], CultureInfo.InvariantCulture);
        Tensor latents = CodecFixture.RandomLatents(Codec, frames, ulong.Parse(reference.Metadata["seed"], CultureInfo.InvariantCulture));
        Tensor audio = Codec.Decode(latents, mode)[0];

        Assert.That(audio.size(1), Is.EqualTo(frames * Codec.SamplesPerFrame));
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
