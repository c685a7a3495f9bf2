using System.Diagnostics;
using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>Time and memory at the released sizes, with random weights. Run by name; takes minutes and several gigabytes.</summary>
[Explicit("takes minutes and several gigabytes")]
[Category("FullSize")]
[Platform("Linux", Reason = "reads the peak of resident memory from /proc")]
public sealed class FullSizeCodecTests
{
    private const double GiB = 1L << 30;

    [Test]
    public void Decode_FourMinutesInWindows_NeedsLessThanTheLimitAboveTheWeights([Values(240)] int seconds)
    {
        using MusicCodec codec = LoadReleasedSizes();
        long frames = (long)seconds * codec.SampleRate / codec.SamplesPerFrame;
        using Tensor latents = CodecFixture.RandomLatents(codec, frames);
        long samples = 0;
        double peak = PeakAbove("decode", seconds, () =>
        {
            using SongDecoding decoding = codec.StartDecoding(latents, DecodeMode.Windowed);
            while (decoding.Next() is { } piece)
            {
                using (piece)
                {
                    samples += piece.Samples.size(1);
                    TestContext.Progress.WriteLine($"{samples / (double)codec.SampleRate:F1} s of music");
                }
            }
        });

        Assert.That(samples, Is.EqualTo(frames * codec.SamplesPerFrame));
        Assert.That(peak, Is.LessThan(2.5));
    }

    [Test]
    public void Decode_AtOnce_IsMeasured([Values(47)] int seconds)
    {
        using MusicCodec codec = LoadReleasedSizes();
        using Tensor latents = CodecFixture.RandomLatents(codec, (long)seconds * codec.SampleRate / codec.SamplesPerFrame);
        PeakAbove("decode at once", seconds, () => codec.Decode(latents, DecodeMode.Whole).Dispose());
    }

    [Test]
    public void Encode_FourMinutesInWindows_NeedsLessThanTheLimitAboveTheWeights([Values(240)] int seconds)
    {
        using MusicCodec codec = LoadReleasedSizes();
        using Tensor audio = rand([1, codec.AudioChannels, seconds * codec.SampleRate]);
        double peak = PeakAbove("encode", seconds, () => codec.Encode(audio).Dispose());
        Assert.That(peak, Is.LessThan(2.5));
    }

    private static MusicCodec LoadReleasedSizes() => MusicCodec.Load(
        CodecFixture.AutoencoderConfigOf(ReleasedData.Configs),
        ReleasedData.Tensors("music_dcae_f8c8"),
        CodecFixture.VocoderConfigOf(ReleasedData.Configs),
        ReleasedData.Tensors("music_vocoder"),
        ScalarType.Float32,
        CPU);

    /// <summary>Runs something and gives the peak of resident memory above what was resident before, in GiB.</summary>
    private static double PeakAbove(string what, int seconds, Action run)
    {
        // 5 resets the peak.
        File.WriteAllText("/proc/self/clear_refs", "5");
        long before = ReadStatus("VmRSS");
        TimeSpan processor = Process.GetCurrentProcess().TotalProcessorTime;
        Stopwatch clock = Stopwatch.StartNew();
        run();
        clock.Stop();
        TimeSpan spent = Process.GetCurrentProcess().TotalProcessorTime - processor;
        double peak = (ReadStatus("VmHWM") - before) / GiB;
        TestContext.Out.WriteLine(
            $"{what} of {seconds} s: {clock.Elapsed.TotalSeconds:F1} s ({spent.TotalSeconds:F1} s of processor time, {get_num_threads()} threads), peak {peak:F2} GiB above {before / GiB:F2} GiB");
        return peak;
    }

    private static long ReadStatus(string key)
    {
        string line = File.ReadLines("/proc/self/status").First(line => line.StartsWith(key + ":", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(':')[1].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }
}
