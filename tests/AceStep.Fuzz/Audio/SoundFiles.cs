using AceStep.Audio;
using AceStep.Audio.Files.SoundFile;

namespace AceStep.Fuzz.Audio;

/// <summary>The small sound files that get damaged.</summary>
internal static class SoundFiles
{
    public static readonly string[] Kinds =
        ["wav16", "wav-float-extensible", "wav-mulaw", "wav-ima", "wav-ms", "aiff", "au", "caf", "caf-alac", "flac", "vorbis", "opus", "mp3", "mp3-variable"];

    /// <summary>A file of half a second at most, always the same.</summary>
    public static byte[] Make(string kind)
    {
        switch (kind)
        {
            case "wav-mulaw":
                return Compressed(7, 2, 8, []);
            case "wav-ima":
                return Compressed(0x11, 512, 4, [505]);
            case "wav-ms":
                return Compressed(2, 512, 4, [500, 7, 256, 0, 512, -256, 0, 0, 192, 64, 240, 0, 460, -208, 392, -232]);
            case "caf-alac":
                return Alac(Sound(2, 6000));
        }

        (AudioFormat format, int channels, AudioSaveOptions options) = kind switch
        {
            "wav16" => (AudioFormat.Wav, 2, new AudioSaveOptions { Encoding = SampleEncoding.Pcm16 }),
            "wav-float-extensible" => (AudioFormat.Wav, 3, new AudioSaveOptions()),
            "aiff" => (AudioFormat.Aiff, 2, new AudioSaveOptions { Encoding = SampleEncoding.Pcm24 }),
            "au" => (AudioFormat.Au, 2, new AudioSaveOptions { Encoding = SampleEncoding.Pcm16 }),
            "caf" => (AudioFormat.Caf, 2, new AudioSaveOptions { Encoding = SampleEncoding.Pcm24 }),
            "flac" => (AudioFormat.Flac, 2, new AudioSaveOptions { Encoding = SampleEncoding.Pcm16 }),
            "vorbis" => (AudioFormat.Vorbis, 2, new AudioSaveOptions()),
            "opus" => (AudioFormat.Opus, 2, new AudioSaveOptions()),
            "mp3" => (AudioFormat.Mp3, 2, new AudioSaveOptions { Mp3BitRate = 128 }),
            "mp3-variable" => (AudioFormat.Mp3, 1, new AudioSaveOptions { Mp3Quality = 4 }),
            _ => throw new ArgumentException($"{kind} is none of {string.Join(", ", Kinds)}.", nameof(kind)),
        };
        using var stream = new MemoryStream();
        AudioFile.Save(Sound(channels, 6000), stream, format, options with { Tags = new AudioTags { Title = "Title", Comment = "A comment" } });
        return stream.ToArray();
    }

    /// <summary>A file to mix into one of a kind: of the next kind that can be made here.</summary>
    public static byte[] MakeOther(string kind)
    {
        for (int index = Array.IndexOf(Kinds, kind) + 1; ; index++)
        {
            try
            {
                return Make(Kinds[index % Kinds.Length]);
            }
            catch (DllNotFoundException)
            {
                // Without libsndfile only WAV can be written.
            }
        }
    }

    /// <summary>The most managed memory that reading a file may take.</summary>
    public static long LargestAllocation(string kind, int fileLength)
    {
        // 64 KiB of buffers. WAV's samples at most quadruple (8 bits to float32), and are copied once.
        // Compressed sound has no such bound by nature: a frame of silence is a few bytes.
        int factor = kind is "wav16" or "wav-float-extensible" ? 16 : 1024;
        return (1 << 20) + ((long)factor * fileLength);
    }

    /// <summary>A WAV file of a compression that only libsndfile knows, over samples at random.</summary>
    private static byte[] Compressed(int tag, int blockSize, int bits, short[] more)
    {
        var samples = new byte[20 * 512];
        new Random(1).NextBytes(samples);
        using MemoryStream file = new();
        using BinaryWriter writer = new(file);
        writer.Write("RIFF"u8);
        writer.Write(38 + (2 * more.Length) + samples.Length);
        writer.Write("WAVEfmt "u8);
        writer.Write(18 + (2 * more.Length));
        writer.Write((ushort)tag);
        writer.Write((ushort)2);
        writer.Write(48000);
        writer.Write(48000);
        writer.Write((ushort)blockSize);
        writer.Write((ushort)bits);
        writer.Write((ushort)(2 * more.Length));
        foreach (short value in more)
        {
            writer.Write(value);
        }

        writer.Write("data"u8);
        writer.Write(samples.Length);
        writer.Write(samples);
        return file.ToArray();
    }

    /// <summary>A CAF file of a compression that is read and not written.</summary>
    private static byte[] Alac(AudioBuffer sound)
    {
        const int Alac16 = 0x70;
        AudioLibrary.Require(AudioFormat.Caf);
        using MemoryStream file = new();
        Native.Info info = new() { SampleRate = sound.SampleRate, Channels = sound.Channels, Format = Native.TypeCaf | Alac16 };
        using SoundFileHandle handle = new(file, Native.ModeWrite, ref info);
        handle.Write(sound.ToInterleaved(), sound.Channels);
        handle.Complete();
        return file.ToArray();
    }

    private static AudioBuffer Sound(int channels, int length)
    {
        var random = new Random(1);
        var samples = new float[channels][];
        for (int channel = 0; channel < channels; channel++)
        {
            samples[channel] = [.. Enumerable.Range(0, length).Select(i => (float)((0.5 * Math.Sin(i * 0.05)) + (0.1 * random.NextDouble())))];
        }

        return AudioBuffer.FromPlanar(samples, 48000);
    }
}
