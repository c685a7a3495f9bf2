namespace AceStep.Audio.Tests;

/// <summary>Our files in sox, and sox's files in ours.</summary>
public sealed class SoxTests
{
    /// <summary>Samples that an MP3 encoder and decoder add at the start. LAME's first frame says so; sox knows nothing of it.</summary>
    private const int Mp3Delay = 1105;

    /// <summary>sox plays that first frame, too, and leaves out the last.</summary>
    private const int Mp3Frame = 1152;

    [TestCase("wav", 1, null)]
    [TestCase("wav", 2, SampleEncoding.Pcm16)]
    [TestCase("wav", 2, SampleEncoding.Pcm24)]
    [TestCase("wav", 8, SampleEncoding.Pcm24)]
    [TestCase("wav", 6, null)]
    [TestCase("aiff", 2, SampleEncoding.Pcm16)]
    [TestCase("aiff", 2, SampleEncoding.Pcm24)]
    [TestCase("au", 2, SampleEncoding.Pcm16)]
    [TestCase("au", 3, null)]
    [TestCase("caf", 2, SampleEncoding.Pcm24)]
    [TestCase("flac", 2, SampleEncoding.Pcm16)]
    [TestCase("flac", 6, SampleEncoding.Pcm24)]
    [TestCase("ogg", 1, null)]
    [TestCase("ogg", 2, null)]
    [TestCase("mp3", 1, null)]
    [TestCase("mp3", 2, null)]
    public void Save_EveryFormatOfSox_SoundsTheSameThere(string extension, int channels, SampleEncoding? encoding)
    {
        RequireFormat(extension);
        Tool.RequireSox(extension, writes: false);
        using var folder = new TemporaryFolder();
        string path = folder.File("sound." + extension);
        AudioBuffer audio = Sweep(channels, 44100, 1.5);
        audio.Save(path, new AudioSaveOptions { Encoding = encoding, Tags = new AudioTags { Title = "A title", Comment = "a comment" } });

        Tool.Run("sox", path, "-e", "floating-point", "-b", "32", folder.File("sox.wav"));
        AudioBuffer other = AudioFile.Load(folder.File("sox.wav"));

        AudioBuffer ours = AudioFile.Load(path);
        Assert.That(ours.Length, Is.EqualTo(audio.Length));
        if (extension == "mp3")
        {
            int length = Math.Min(audio.Length, other.Length - Mp3Frame - Mp3Delay);
            Assert.That(length, Is.AtLeast(audio.Length - Mp3Frame));
            other = other.Slice(Mp3Frame + Mp3Delay, length);
            ours = ours.Slice(0, length);
        }

        double ratio = Decibels.SignalToNoise(other, ours);
        TestContext.Out.WriteLine($"{ratio:F1} dB");
        // sox decodes Vorbis to 16 bits and MP3 with integers.
        Assert.That(ratio, Is.AtLeast(extension switch { "ogg" or "mp3" => 80, _ => 140 }));
        string comments = Tool.Run("soxi", "-a", path);
        if (extension is "flac" or "ogg" or "mp3")
        {
            Assert.That(comments, Does.Contain("itle=A title").IgnoreCase);
        }
    }

    [TestCase("wav", "-b 8 -e unsigned-integer", 1, 34)]
    [TestCase("wav", "-b 16", 2, 85)]
    [TestCase("wav", "-b 24", 2, 130)]
    [TestCase("wav", "-b 32", 2, 140)]
    [TestCase("wav", "-b 24", 8, 130)]
    [TestCase("wav", "-b 32 -e floating-point", 3, 140)]
    [TestCase("wav", "-b 64 -e floating-point", 2, 140)]
    [TestCase("aiff", "-b 24", 2, 130)]
    [TestCase("au", "-b 16", 2, 85)]
    [TestCase("au", "-b 8 -e u-law", 1, 30)]
    [TestCase("au", "-b 32 -e floating-point", 2, 140)]
    [TestCase("caf", "-b 24", 2, 130)]
    [TestCase("caf", "-b 32 -e floating-point", 3, 140)]
    [TestCase("w64", "-b 16", 2, 84)]
    [TestCase("w64", "-b 24", 6, 130)]
    [TestCase("flac", "-b 24", 2, 130)]
    [TestCase("flac", "-b 16", 6, 85)]
    [TestCase("ogg", "-C 9", 2, 20)]
    [TestCase("mp3", "-C 320", 2, 40)]
    public void Load_EveryFormatOfSox_IsTheSound(string extension, string options, int channels, double least)
    {
        RequireFormat(extension);
        Tool.RequireSox(extension, writes: true);
        using var folder = new TemporaryFolder();
        AudioBuffer audio = Sweep(channels, 44100, 1.5);
        audio.Save(folder.File("source.wav"));
        // -D: sox would dither.
        Tool.Run("sox", ["-D", folder.File("source.wav"), .. options.Split(' '), folder.File("sox." + extension)]);

        AudioBuffer loaded = AudioFile.Load(folder.File("sox." + extension));
        // sox's own MP3 writer leaves no header, so nobody knows how long the sound really is.
        AudioBuffer aligned = extension == "mp3" ? loaded.Slice(loaded.Length > audio.Length + Mp3Delay ? Mp3Delay : 0, audio.Length) : loaded;
        double ratio = Decibels.SignalToNoise(aligned, audio);
        TestContext.Out.WriteLine($"{ratio:F1} dB");
        Assert.That(ratio, Is.AtLeast(least));
    }

    private static void RequireFormat(string extension)
    {
        if (extension != "w64" && !AudioLibrary.Supports(AudioFile.FormatOf("sound." + extension)))
        {
            Assert.Ignore(AudioLibrary.Requirement);
        }
    }

    /// <summary>A tone that rises, from another frequency in each channel.</summary>
    private static AudioBuffer Sweep(int channels, int sampleRate, double seconds)
    {
        int length = (int)(seconds * sampleRate);
        var samples = new float[channels][];
        for (int channel = 0; channel < channels; channel++)
        {
            samples[channel] = new float[length];
            for (int i = 0; i < length; i++)
            {
                double time = (double)i / sampleRate;
                samples[channel][i] = (float)(0.4 * Math.Sin(2 * Math.PI * ((100 * (channel + 1) * time) + (500 * time * time))));
            }
        }

        return AudioBuffer.FromPlanar(samples, sampleRate);
    }
}
