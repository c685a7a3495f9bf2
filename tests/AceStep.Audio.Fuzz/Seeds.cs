namespace AceStep.Audio.Fuzz;

/// <summary>The small sound files that get damaged.</summary>
internal static class Seeds
{
    public static readonly string[] Kinds = ["wav16", "wav-float-extensible", "aiff", "flac", "vorbis", "opus", "mp3", "mp3-variable"];

    /// <summary>A file of half a second at most, always the same.</summary>
    public static byte[] Make(string kind)
    {
        (AudioFormat format, int channels, AudioSaveOptions options) = kind switch
        {
            "wav16" => (AudioFormat.Wav, 2, new AudioSaveOptions { Encoding = SampleEncoding.Pcm16 }),
            "wav-float-extensible" => (AudioFormat.Wav, 3, new AudioSaveOptions()),
            "aiff" => (AudioFormat.Aiff, 2, new AudioSaveOptions { Encoding = SampleEncoding.Pcm24 }),
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

    /// <summary>The most managed memory that reading a file may take.</summary>
    public static long LargestAllocation(string kind, int fileLength)
    {
        // 64 KiB of buffers. WAV's samples at most quadruple (8 bits to float32), and are copied once.
        // Compressed sound has no such bound by nature: a frame of silence is a few bytes.
        int factor = kind.StartsWith("wav", StringComparison.Ordinal) ? 16 : 1024;
        return (1 << 20) + ((long)factor * fileLength);
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
