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
    public void Save_EveryEncoding_HasAHeadThatSaysWhatFollows([Values] SampleEncoding encoding, [Values(1, 2, 6)] int channels)
    {
        const int Frames = 1001;
        using var file = new MemoryStream();
        AudioFile.Save(Sounds.Noise(new Random(channels), channels, Frames, 44100), file, AudioFormat.Wav, new AudioSaveOptions { Encoding = encoding });

        file.Position = 0;
        using var reader = new BinaryReader(file);
        Assert.That((new string(reader.ReadChars(4)), (long)reader.ReadUInt32(), new string(reader.ReadChars(4))), Is.EqualTo(("RIFF", file.Length - 8, "WAVE")));
        Dictionary<string, byte[]> chunks = [];
        while (file.Position < file.Length)
        {
            string id = new(reader.ReadChars(4));
            byte[] chunk = reader.ReadBytes((int)reader.ReadUInt32());
            chunks.Add(id, chunk);
            file.Position += chunk.Length & 1;
        }

        int bytes = encoding switch { SampleEncoding.Pcm8 => 1, SampleEncoding.Pcm16 => 2, SampleEncoding.Pcm24 => 3, SampleEncoding.Float64 => 8, _ => 4 };
        byte[] format = chunks["fmt "];
        Assert.That((BitConverter.ToUInt16(format, 2), BitConverter.ToUInt32(format, 4)), Is.EqualTo(((ushort)channels, 44100u)));
        Assert.That(BitConverter.ToUInt32(format, 8), Is.EqualTo(44100u * channels * bytes), "bytes a second");
        Assert.That((BitConverter.ToUInt16(format, 12), BitConverter.ToUInt16(format, 14)), Is.EqualTo(((ushort)(channels * bytes), (ushort)(8 * bytes))), "bytes a frame, bits a sample");
        Assert.That(chunks["data"], Has.Length.EqualTo(Frames * channels * bytes));
        Assert.That(file.Position, Is.EqualTo(file.Length), "the last chunk ends with the file");
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
