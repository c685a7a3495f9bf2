namespace AceStep.Audio.Tests;

/// <summary>Every format, encoding and channel count, through our code and through libsndfile's tools and sox.</summary>
public sealed class RoundTripTests
{
    /// <summary>With letters beyond Latin-1.</summary>
    private static readonly AudioTags Tags = new() { Title = "Été à 東京", Comment = "funk, 110 bpm; warm bass — ½" };

    private static IEnumerable<TestCaseData> Lossless()
    {
        foreach (AudioFormat format in new[] { AudioFormat.Wav, AudioFormat.Aiff, AudioFormat.Au, AudioFormat.Caf, AudioFormat.Flac })
        {
            foreach (SampleEncoding encoding in EncodingsOf(format))
            {
                for (int channels = 1; channels <= 8; channels++)
                {
                    yield return new TestCaseData(format, encoding, channels);
                }
            }
        }
    }

    private static IEnumerable<TestCaseData> Lossy()
    {
        for (int channels = 1; channels <= 8; channels++)
        {
            yield return new TestCaseData(AudioFormat.Vorbis, channels);
            yield return new TestCaseData(AudioFormat.Opus, channels);
            if (channels <= 2)
            {
                yield return new TestCaseData(AudioFormat.Mp3, channels);
            }
        }
    }

    [TestCaseSource(nameof(Lossless))]
    public void Save_Lossless_IsReadByOursAndByLibsndfile(AudioFormat format, SampleEncoding encoding, int channels)
    {
        RequireFormat(format);
        using var folder = new TemporaryFolder();
        string path = folder.File("sound" + ExtensionOf(format));
        AudioBuffer audio = Tones(channels, 44100, 0.05);

        audio.Save(path, new AudioSaveOptions { Encoding = encoding, Tags = Tags });

        AudioBuffer loaded = AudioFile.Load(path);
        AudioFileInfo info = AudioFile.Probe(path);
        Assert.That((info.Format, info.Encoding, info.SampleRate, info.Channels, info.Length), Is.EqualTo((format, encoding, 44100, channels, (long)audio.Length)));
        Assert.That(info.Tags, Is.EqualTo(format == AudioFormat.Au ? new AudioTags() : Tags));
        // A sine of full scale stands 6.02 n + 1.76 dB above the rounding error of n bits; these are 12 dB lower.
        double least = encoding switch { SampleEncoding.Pcm8 => 37, SampleEncoding.Pcm16 => 85, SampleEncoding.Pcm24 => 133, SampleEncoding.Pcm32 => 180, _ => double.PositiveInfinity };
        Assert.That(Decibels.SignalToNoise(loaded, audio), Is.AtLeast(least));

        // From integers to floating point, that program would stretch the sound to full scale.
        Tool.Run("sndfile-convert", encoding < SampleEncoding.Float32 ? "-pcm32" : "-float32", path, folder.File("other.wav"));
        AudioBuffer other = AudioFile.Load(folder.File("other.wav"));
        Assert.That(other.ToPlanar(), Is.EqualTo(loaded.ToPlanar()));
    }

    [TestCaseSource(nameof(Lossless))]
    public void Load_LosslessFromLibsndfile_KeepsTheSamples(AudioFormat format, SampleEncoding encoding, int channels)
    {
        RequireFormat(format);
        using var folder = new TemporaryFolder();
        AudioBuffer audio = Tones(channels, 48000, 0.05);
        audio.Save(folder.File("source.wav"));
        string option = encoding switch
        {
            SampleEncoding.Pcm8 => format == AudioFormat.Wav ? "-pcmu8" : "-pcms8",
            SampleEncoding.Pcm16 => "-pcm16",
            SampleEncoding.Pcm24 => "-pcm24",
            SampleEncoding.Pcm32 => "-pcm32",
            SampleEncoding.Float32 => "-float32",
            _ => "-float64",
        };
        string path = folder.File("other" + ExtensionOf(format));
        Tool.Run("sndfile-convert", option, folder.File("source.wav"), path);

        AudioBuffer loaded = AudioFile.Load(path);

        Assert.That(AudioFile.Probe(path).Encoding, Is.EqualTo(encoding));
        double least = encoding switch { SampleEncoding.Pcm8 => 34, SampleEncoding.Pcm16 => 82, SampleEncoding.Pcm24 => 130, SampleEncoding.Pcm32 => 140, _ => double.PositiveInfinity };
        Assert.That(Decibels.SignalToNoise(loaded, audio), Is.AtLeast(least));
    }

    [TestCaseSource(nameof(Lossy))]
    public void Save_Lossy_KeepsLengthChannelsAndTags(AudioFormat format, int channels)
    {
        RequireFormat(format);
        using var folder = new TemporaryFolder();
        string path = folder.File("sound" + ExtensionOf(format));
        AudioBuffer audio = Tones(channels, 48000, 1);

        audio.Save(path, new AudioSaveOptions { Tags = Tags, VorbisQuality = 8, OpusBitRate = 160 });

        AudioBuffer loaded = AudioFile.Load(path);
        AudioFileInfo info = AudioFile.Probe(path);
        Assert.That((info.Format, info.Encoding, info.SampleRate, info.Channels), Is.EqualTo((format, (SampleEncoding?)null, 48000, channels)));
        Assert.That(info.Tags, Is.EqualTo(Tags));
        Assert.That(info.Length, Is.EqualTo(audio.Length));
        // A channel in another's place would give about 0 dB.
        double ratio = Decibels.SignalToNoise(loaded, audio);
        TestContext.Out.WriteLine($"{format}, {channels} channels: {ratio:F1} dB, {new FileInfo(path).Length} bytes");
        Assert.That(ratio, Is.AtLeast(20));
    }

    private static void RequireFormat(AudioFormat format)
    {
        if (!AudioLibrary.Supports(format))
        {
            Assert.Ignore($"{format}: {AudioLibrary.Requirement}");
        }
    }

    private static IEnumerable<SampleEncoding> EncodingsOf(AudioFormat format) => format switch
    {
        AudioFormat.Flac => [SampleEncoding.Pcm8, SampleEncoding.Pcm16, SampleEncoding.Pcm24],
        AudioFormat.Aiff => Enum.GetValues<SampleEncoding>().Where(encoding => encoding != SampleEncoding.Pcm8),
        _ => Enum.GetValues<SampleEncoding>(),
    };

    private static string ExtensionOf(AudioFormat format) => format switch
    {
        AudioFormat.Vorbis => ".ogg",
        _ => "." + format.ToString().ToLowerInvariant(),
    };

    /// <summary>
    /// Another tone in each channel; a low one where the low-frequency channel is, which encoders cut off above a
    /// few hundred hertz.
    /// </summary>
    private static AudioBuffer Tones(int channels, int sampleRate, double seconds)
    {
        float[][] samples =
        [
            .. Enumerable.Range(0, channels).Select(channel =>
                Sounds.Sine(channel == 3 && channels >= 6 ? 60 : 700 + (170 * channel), 0.25, seconds, sampleRate).ToPlanar()),
        ];
        return AudioBuffer.FromPlanar(samples, sampleRate);
    }
}
