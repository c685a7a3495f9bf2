namespace AceStep.Audio.Tests;

public sealed class AudioFileTests
{
    private static readonly AudioFormat[] Formats = Enum.GetValues<AudioFormat>();

    [TestCaseSource(nameof(Formats))]
    public void OpenRead_InBlocks_IsTheWhole(AudioFormat format)
    {
        RequireFormat(format);
        using MemoryStream file = Saved(format, Sounds.Noise(new Random(1), 2, 20_000, 48000));
        AudioBuffer whole = AudioFile.Load(file);
        file.Position = 0;

        using AudioReader reader = AudioFile.OpenRead(file);
        List<AudioBuffer> blocks = [];
        do
        {
            blocks.Add(reader.ReadBlock(3333));
        }
        while (blocks[^1].Length == 3333);

        Assert.That(AudioBuffer.Concatenate(blocks).ToPlanar(), Is.EqualTo(whole.ToPlanar()));
        Assert.That(reader.ReadBlock(10).Length, Is.Zero);
    }

    [TestCaseSource(nameof(Formats))]
    public void Create_InPieces_IsTheWhole(AudioFormat format)
    {
        RequireFormat(format);
        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 100_000, 48000);
        var options = new AudioSaveOptions { Encoding = format == AudioFormat.Flac ? SampleEncoding.Pcm16 : null, Dither = true };
        using var folder = new TemporaryFolder();
        audio.Save(folder.File("whole" + ExtensionOf(format)), options);

        using (AudioWriter writer = AudioFile.Create(folder.File("pieces" + ExtensionOf(format)), 48000, 2, options: options))
        {
            for (int position = 0; position < audio.Length; position += 12_345)
            {
                writer.Write(audio.Slice(position, Math.Min(12_345, audio.Length - position)));
                Assert.That(folder.Files, Has.No.Member("pieces" + ExtensionOf(format)));
            }

            writer.Complete();
        }

        Assert.That(
            AudioFile.Load(folder.File("pieces" + ExtensionOf(format))).ToPlanar(), Is.EqualTo(AudioFile.Load(folder.File("whole" + ExtensionOf(format))).ToPlanar()));
    }

    [TestCaseSource(nameof(Formats))]
    public void Create_NotCompleted_LeavesTheOldFileAndNothingElse(AudioFormat format)
    {
        RequireFormat(format);
        using var folder = new TemporaryFolder();
        string name = "song" + ExtensionOf(format);
        File.WriteAllText(folder.File(name), "an older file");

        using (AudioWriter writer = AudioFile.Create(folder.File(name), 48000, 2))
        {
            writer.Write(Sounds.Noise(new Random(1), 2, 20_000, 48000));
            Assert.That(() => writer.Write(Sounds.Noise(new Random(1), 1, 20, 48000)), Throws.ArgumentException);
        }

        Assert.That(folder.Files, Is.EqualTo(new[] { name }));
        Assert.That(File.ReadAllText(folder.File(name)), Is.EqualTo("an older file"));
    }

    [Test]
    public void Save_Refused_LeavesNothing()
    {
        using var folder = new TemporaryFolder();
        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 20, 44101);
        Assert.That(() => audio.Save(folder.File("a.mp3")), Throws.ArgumentException.With.Message.Contains("48000"));
        Assert.That(() => audio.Save(folder.File("a.opus")), Throws.ArgumentException.With.Message.Contains("resample"));
        Assert.That(() => audio.Save(folder.File("a.flac"), new AudioSaveOptions { Encoding = SampleEncoding.Float32 }), Throws.ArgumentException);
        Assert.That(() => audio.Save(folder.File("a.xyz")), Throws.ArgumentException.With.Message.Contains(".wav"));
        Assert.That(folder.Files, Is.Empty);
    }

    [Test]
    public void Save_OptionsOutOfRange_AreRefused()
    {
        AudioBuffer stereo = Sounds.Noise(new Random(1), 2, 20, 48000);
        AudioBuffer three = Sounds.Noise(new Random(1), 3, 20, 48000);
        AudioBuffer nine = Sounds.Noise(new Random(1), 9, 20, 48000);
        Refused(three, AudioFormat.Mp3, new AudioSaveOptions());
        Refused(nine, AudioFormat.Flac, new AudioSaveOptions());
        Refused(stereo, AudioFormat.Mp3, new AudioSaveOptions { Mp3BitRate = 100 });
        Refused(stereo, AudioFormat.Mp3, new AudioSaveOptions { Mp3Quality = 9.5 });
        Refused(stereo, AudioFormat.Vorbis, new AudioSaveOptions { VorbisQuality = double.NaN });
        Refused(stereo, AudioFormat.Opus, new AudioSaveOptions { OpusBitRate = 5 });

        static void Refused(AudioBuffer audio, AudioFormat format, AudioSaveOptions options) =>
            Assert.That(() => AudioFile.Save(audio, new MemoryStream(), format, options), Throws.ArgumentException, $"{format}, {options}");
    }

    [Test]
    public void Save_OptionOutOfRange_IsNamedWithAPointWhateverTheCulture()
    {
        AudioBuffer stereo = Sounds.Noise(new Random(1), 2, 20, 48000);
        using CommaCulture culture = new();

        Assert.That(
            () => AudioFile.Save(stereo, new MemoryStream(), AudioFormat.Mp3, new AudioSaveOptions { Mp3Quality = 9.5 }),
            Throws.ArgumentException.With.Message.Contains("not 9.5"));
    }

    [TestCaseSource(nameof(Formats))]
    public void SaveAndLoad_StreamThatCannotSeek_Works(AudioFormat format)
    {
        RequireFormat(format);
        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 5000, 48000);
        using MemoryStream expected = Saved(format, audio);
        using var file = new MemoryStream();
        using (var oneWay = new OneWayStream(file))
        {
            AudioFile.Save(audio, oneWay, format);
        }

        using var input = new OneWayStream(new MemoryStream(file.ToArray()));
        Assert.That(AudioFile.Load(input).ToPlanar(), Is.EqualTo(AudioFile.Load(expected).ToPlanar()));
    }

    [TestCaseSource(nameof(Formats))]
    public void Load_StreamThatFails_ThrowsItsException(AudioFormat format)
    {
        RequireFormat(format);
        byte[] file = Saved(format, Sounds.Noise(new Random(1), 2, 50_000, 48000)).ToArray();
        Assert.That(() => AudioFile.Load(new FailingStream(file, file.Length / 2)), Throws.TypeOf<IOException>().With.Message.EqualTo("The disk is gone."));
    }

    [TestCaseSource(nameof(Formats))]
    public void Save_StreamThatFails_ThrowsItsException(AudioFormat format)
    {
        RequireFormat(format);
        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 100_000, 48000);
        Assert.That(
            () => AudioFile.Save(audio, new FailingStream(new byte[10_000_000], 3000), format), Throws.TypeOf<IOException>().With.Message.EqualTo("The disk is gone."));
    }

    [TestCase(128, 44100, 128)]
    [TestCase(160, 48000, 160)]
    [TestCase(192, 44100, 192)]
    [TestCase(224, 48000, 224)]
    [TestCase(256, 32000, 256)]
    [TestCase(320, 48000, 320)]
    [TestCase(320, 22050, 160)]
    [TestCase(128, 16000, 128)]
    [TestCase(320, 8000, 64)]
    public void Save_Mp3_HasTheBitRate(int asked, int sampleRate, int expected)
    {
        RequireFormat(AudioFormat.Mp3);
        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 10 * sampleRate, sampleRate);
        using MemoryStream file = Saved(AudioFormat.Mp3, audio, new AudioSaveOptions { Mp3BitRate = asked });
        // The frames before and after the sound add a little.
        Assert.That(file.Length * 8 / audio.Duration.TotalSeconds / 1000, Is.EqualTo(expected).Within(3).Percent);
    }

    [Test]
    public void Save_Qualities_OrderTheSizes()
    {
        RequireFormat(AudioFormat.Mp3);
        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 100_000, 48000);
        Assert.That(new[] { 9, 6, 3, 0.0 }.Select(quality => Saved(AudioFormat.Mp3, audio, new AudioSaveOptions { Mp3Quality = quality }).Length), Is.Ordered.And.Unique);
        Assert.That(new[] { 0, 3, 6, 10.0 }.Select(quality => Saved(AudioFormat.Vorbis, audio, new AudioSaveOptions { VorbisQuality = quality }).Length), Is.Ordered.And.Unique);
        Assert.That(new[] { 16, 64, 128, 256 }.Select(rate => Saved(AudioFormat.Opus, audio, new AudioSaveOptions { OpusBitRate = rate }).Length), Is.Ordered.And.Unique);
    }

    [TestCase(SampleEncoding.Pcm8)]
    [TestCase(SampleEncoding.Pcm16)]
    [TestCase(SampleEncoding.Pcm24)]
    [TestCase(SampleEncoding.Pcm32)]
    public void Save_BeyondFullScale_IsClamped(SampleEncoding encoding)
    {
        AudioBuffer audio = AudioBuffer.FromPlanar([[2, -2, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 1, -1]], 48000);
        float[] loaded = AudioFile.Load(Saved(AudioFormat.Wav, audio, new AudioSaveOptions { Encoding = encoding })).ToPlanar();
        float highest = 1 - (float)Math.ScaleB(1, encoding switch { SampleEncoding.Pcm8 => -7, SampleEncoding.Pcm16 => -15, SampleEncoding.Pcm24 => -23, _ => -31 });
        Assert.That(loaded, Is.EqualTo(new[] { highest, -1, highest, -1, 0, highest, -1 }));
    }

    [Test]
    public void Save_FloatBeyondFullScale_IsKept()
    {
        float[] samples = [2, -2, 1e30f, float.NaN, float.NegativeInfinity, 0];
        float[] loaded = AudioFile.Load(Saved(AudioFormat.Wav, AudioBuffer.FromPlanar([samples], 48000))).ToPlanar();
        Assert.That(loaded, Is.EqualTo(samples));
    }

    [TestCase(AudioFormat.Mp3)]
    [TestCase(AudioFormat.Vorbis)]
    [TestCase(AudioFormat.Opus)]
    public void Save_LossyOfWhatIsNoSound_DoesNotCrash(AudioFormat format)
    {
        RequireFormat(format);
        float[] samples = [.. Enumerable.Range(0, 20_000).Select(i => (i % 7) switch { 0 => float.NaN, 1 => float.MaxValue, 2 => float.NegativeInfinity, 3 => float.Epsilon, _ => i })];
        AudioBuffer loaded = AudioFile.Load(Saved(format, AudioBuffer.FromPlanar([samples], 48000)));
        Assert.That(loaded.Length, Is.EqualTo(20_000));
        Assert.That(loaded.ToPlanar().All(float.IsFinite), Is.True);
    }

    [Test]
    public void Save_Dithered_HasTriangularNoiseAndNoDistortion()
    {
        // A tone of a third of a step: rounding alone would lose it.
        const double Step = 1.0 / 32768;
        AudioBuffer audio = Sounds.Sine(441, Step / 3, 10, 44100);
        float[] plain = AudioFile.Load(Saved(AudioFormat.Wav, audio, Dithering(false, 0))).ToPlanar();
        float[] dithered = AudioFile.Load(Saved(AudioFormat.Wav, audio, Dithering(true, 1))).ToPlanar();
        ReadOnlySpan<float> tone = audio.Channel(0);

        Assert.That(plain, Is.All.Zero);
        double product = 0;
        double power = 0;
        double error = 0;
        for (int i = 0; i < tone.Length; i++)
        {
            product += dithered[i] * tone[i];
            power += tone[i] * tone[i];
            error += Math.Pow(dithered[i] - tone[i], 2);
        }

        Assert.That(product / power, Is.EqualTo(1).Within(0.02), "the tone's share");
        // Two uniform noises of one step and the rounding: 3/12 of a squared step.
        Assert.That(error / tone.Length / (Step * Step), Is.EqualTo(0.25).Within(0.01));
        Assert.That(AudioFile.Load(Saved(AudioFormat.Wav, audio, Dithering(true, 1))).ToPlanar(), Is.EqualTo(dithered));
        Assert.That(AudioFile.Load(Saved(AudioFormat.Wav, audio, Dithering(true, 2))).ToPlanar(), Is.Not.EqualTo(dithered));

        static AudioSaveOptions Dithering(bool dither, long seed) => new() { Encoding = SampleEncoding.Pcm16, Dither = dither, DitherSeed = seed };
    }

    [TestCaseSource(nameof(Formats))]
    public void Save_NoSamples_IsReadAsNoSamplesOrRefused(AudioFormat format)
    {
        RequireFormat(format);
        AudioBuffer empty = AudioBuffer.FromPlanar([[], []], 48000);
        if (format is AudioFormat.Wav or AudioFormat.Aiff)
        {
            Assert.That(AudioFile.Load(Saved(format, empty)).Length, Is.Zero);
        }
        else
        {
            Assert.That(() => Saved(format, empty), Throws.InvalidOperationException);
        }
    }

    [Test]
    public void SaveAndLoad_ManyAtOnce_DoNotDisturbEachOther()
    {
        AudioFormat[] formats = [.. Formats.Where(AudioLibrary.Supports)];
        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 30_000, 48000);
        float[][] expected = [.. formats.Select(format => AudioFile.Load(Saved(format, audio)).ToPlanar())];
        Parallel.For(0, 48, i =>
        {
            float[] loaded = AudioFile.Load(Saved(formats[i % formats.Length], audio)).ToPlanar();
            Assert.That(loaded.AsSpan().SequenceEqual(expected[i % formats.Length]), Is.True, $"{formats[i % formats.Length]}");
        });
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Load_ReferenceSources_AreReadable()
    {
        string[] sources = Directory.GetFiles(ReferenceData.Require("pipeline", "sources"), "*.wav");
        Assert.That(sources, Is.Not.Empty);
        foreach (string path in sources)
        {
            AudioBuffer audio = AudioFile.Load(path);
            Assert.That(audio.Length, Is.GreaterThan(0).And.EqualTo(AudioFile.Probe(path).Length), path);
        }
    }

    /// <summary>Real songs, where ACESTEP_SONGS names a folder of them.</summary>
    [Test]
    public void Load_RealSongs_AgreesWithWhatTheySay()
    {
        string? folder = Environment.GetEnvironmentVariable("ACESTEP_SONGS");
        if (!Directory.Exists(folder))
        {
            Assert.Ignore("ACESTEP_SONGS names no folder of songs.");
        }

        foreach (string path in Directory.EnumerateFiles(folder))
        {
            AudioBuffer audio = AudioFile.Load(path);
            AudioAnalysis analysis = AudioAnalysis.Of(audio);
            TestContext.Out.WriteLine($"{Path.GetFileName(path)}: {analysis}");
            Assert.That(audio.Length, Is.EqualTo(AudioFile.Probe(path).Length));
            Assert.That(analysis.IntegratedLoudness, Is.InRange(-40, 0));
        }
    }

    private static MemoryStream Saved(AudioFormat format, AudioBuffer audio, AudioSaveOptions? options = null)
    {
        var file = new MemoryStream();
        AudioFile.Save(audio, file, format, options);
        file.Position = 0;
        return file;
    }

    private static string ExtensionOf(AudioFormat format) => format == AudioFormat.Vorbis ? ".ogg" : "." + format.ToString().ToLowerInvariant();

    private static void RequireFormat(AudioFormat format)
    {
        if (!AudioLibrary.Supports(format))
        {
            Assert.Ignore($"{format}: {AudioLibrary.Requirement}");
        }
    }

    /// <summary>A disk that goes away: after so many bytes every access fails.</summary>
    private sealed class FailingStream(byte[] content, int bytesLeft) : MemoryStream(content)
    {
        private int _bytesLeft = bytesLeft;

        public override int Read(Span<byte> buffer) => Count(base.Read(buffer));

        public override int Read(byte[] buffer, int offset, int count) => Count(base.Read(buffer, offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Count(buffer.Length);
            base.Write(buffer);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        private int Count(int bytes)
        {
            _bytesLeft -= bytes;
            return _bytesLeft >= 0 ? bytes : throw new IOException("The disk is gone.");
        }
    }
}
