using AceStep.Audio.Files.Wav;

namespace AceStep.Audio.Tests;

public sealed class WavTests
{
    [Test]
    public void SaveAndLoad_EveryEncodingAndChannelCount_KeepsTheSamples(
        [Values] SampleEncoding encoding, [Range(1, 8)] int channels, [Values(0, 1, 4097)] int length)
    {
        AudioBuffer audio = Sounds.Noise(new Random(channels), channels, length, 48000);
        using var file = new MemoryStream();

        AudioFile.Save(audio, file, AudioFormat.Wav, new AudioSaveOptions { Encoding = encoding });
        file.Position = 0;
        AudioBuffer loaded = AudioFile.Load(file);
        file.Position = 0;
        AudioFileInfo info = AudioFile.Probe(file);

        Assert.That((loaded.Channels, loaded.Length, loaded.SampleRate), Is.EqualTo((channels, length, 48000)));
        Assert.That((info.Channels, info.Length, info.SampleRate, info.Encoding), Is.EqualTo((channels, (long)length, 48000, encoding)));
        // Half a step of the encoding; a sample of float32 itself has 24 bits.
        double tolerance = encoding switch
        {
            SampleEncoding.Pcm8 => 1.0 / 256,
            SampleEncoding.Pcm16 => 1.0 / 65536,
            SampleEncoding.Pcm24 => 1.0 / 16777216,
            _ => 0,
        };
        // The largest positive sample falls short of 1 by one step.
        AssertClose(loaded, audio, tolerance, 1 - (2 * tolerance));
    }

    [Test]
    public void Create_LengthNotKnown_FillsInTheSizes([Values(16L, uint.MaxValue)] long largestPlain, [Values] bool seekable)
    {
        AudioBuffer audio = Sounds.Noise(new Random(3), 3, 1001, 44100);
        using var file = new MemoryStream();
        file.Write("before"u8);
        using var encoder = new WavWriter(
            file, audio.SampleRate, audio.Channels, new AudioSaveOptions { Encoding = SampleEncoding.Pcm24 }, seekable ? null : audio.Length, largestPlain);
        encoder.Write(audio.ToInterleaved());
        encoder.Complete();

        Assert.That(file.GetBuffer()[6..10], Is.EqualTo((largestPlain == 16 ? "RF64"u8 : "RIFF"u8).ToArray()));
        file.Position = 6;
        AssertClose(AudioFile.Load(file), audio, 1.0 / 16777216, 1 - (2.0 / 16777216));
    }

    private static void AssertClose(AudioBuffer actual, AudioBuffer expected, double tolerance, double highest)
    {
        for (int channel = 0; channel < expected.Channels; channel++)
        {
            for (int i = 0; i < expected.Length; i++)
            {
                double sample = Math.Min(expected.Channel(channel)[i], highest);
                Assert.That(actual.Channel(channel)[i], Is.EqualTo(sample).Within(tolerance), $"channel {channel}, sample {i}");
            }
        }
    }
}
