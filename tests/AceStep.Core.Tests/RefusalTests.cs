using System.Globalization;
using AceStep.Audio;
using AceStep.Generation;
using AceStep.Lyrics;

namespace AceStep.Core.Tests;

/// <summary>What can be refused is refused before the first slow step, in words that are the same on every machine.</summary>
public sealed class RefusalTests : PipelineFixture
{
    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [TearDown]
    public void ForgetLyrics() => Pipeline.KnownLyrics = null;

    private static IEnumerable<TestCaseData> LongLyrics()
    {
        yield return new TestCaseData("Lyrics", new AudioToAudioRequest { Source = Tones, Lyrics = "long", Generation = Quick }).SetArgDisplayNames("Lyrics");
        yield return new TestCaseData("TargetLyrics", new StyleTransferRequest { Source = Tones, Lyrics = "la", TargetLyrics = "long", Generation = Quick }).SetArgDisplayNames("TargetLyrics");
    }

    [TestCaseSource(nameof(LongLyrics))]
    public void Generate_WithTooManyTokens_NamesTheFieldBeforeTheSourceIsEncoded(string field, MusicRequest request)
    {
        Pipeline.KnownLyrics = lyrics => new LyricEncoding(lyrics == "long" ? new int[4097] : [1], []);
        List<MusicProgress> reports = [];

        var error = Assert.ThrowsAsync<InvalidRequestException>(() => Pipeline.GenerateAsync(request, new Told(reports)));

        Assert.That(error.Field, Is.EqualTo(field));
        Assert.That(error.Message, Does.Contain("4096").And.Contains("4097"));
        Assert.That(reports, Is.Empty);
    }

    [Test]
    public void AudioToAudio_FileThatIsTooLong_IsRefusedByItsLengthBeforeItsSamplesAreSeen()
    {
        // Its samples would be refused too: not a number.
        float[] samples = new float[8000 * 250];
        samples[0] = float.NaN;
        string path = _folder.File("long.wav");
        AudioBuffer.FromPlanar([samples], 8000).Save(path, new AudioSaveOptions { Encoding = SampleEncoding.Float32 });

        var error = Assert.ThrowsAsync<InvalidRequestException>(() => Pipeline.AudioToAudioAsync(new AudioToAudioRequest { Source = path, Generation = Quick }));

        Assert.That(error.Field, Is.EqualTo("Source"));
        Assert.That(error.Message, Does.Contain("240 s"));
    }

    [Test]
    public void Open_CancelledOnceTheLengthIsKnown_DecodesNothing()
    {
        string path = _folder.File("tones.wav");
        Tones.Save(path);
        using CancellationTokenSource stop = new();

        Assert.That(() => MusicSource.FromFile(path).Open(_ => stop.Cancel(), stop.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Open_FileOfSeveralBlocks_IsTheWholeFile()
    {
        AudioBuffer sound = CreateTones((2 << 20) + 777, 44100);
        string path = _folder.File("long.wav");
        sound.Save(path, new AudioSaveOptions { Encoding = SampleEncoding.Float32 });
        List<int> lengths = [];

        AudioBuffer read = MusicSource.FromFile(path).Open(lengths.Add, CancellationToken.None).Audio!;

        Assert.That(read.Channel(1).SequenceEqual(sound.Channel(1)), Is.True);
        Assert.That(lengths, Is.All.EqualTo(513), "2,097,929 samples in frames of 4096");
    }

    [TestCase(48000, 1_000_003)]
    [TestCase(192000, 300_001)]
    [TestCase(11025, 1)]
    [TestCase(44100, 5000)]
    public void Resample_InBlocks_IsTheWholeSoundsAndOfTheLengthForetold(int rate, int samples)
    {
        AudioBuffer sound = CreateTones(samples, rate);

        AudioBuffer resampled = SourceMaterial.Resample(sound, CancellationToken.None);

        Assert.That(resampled.Channel(0).SequenceEqual(Resampler.Resample(sound, 44100).Channel(0)), Is.True);
        Assert.That(LatentFrames.ForSound(samples, rate), Is.EqualTo((int)Math.Ceiling(resampled.Length / 4096.0)));
    }

    [Test]
    public void Resample_Cancelled_Stops() =>
        Assert.That(() => SourceMaterial.Resample(CreateTones(1000, 48000), new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());

    [Test]
    public void Messages_OnAMachineWithACommaInItsNumbers_AreTheSame()
    {
        CultureInfo machine = CultureInfo.CurrentCulture;
        CultureInfo comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        comma.NumberFormat.NumberDecimalSeparator = ",";
        comma.NumberFormat.NegativeSign = "~";
        CultureInfo.CurrentCulture = comma;
        try
        {
            Exception[] errors =
            [
                Assert.ThrowsAsync<InvalidRequestException>(() => Pipeline.InpaintAsync(new InpaintingRequest { Source = Tones, End = TimeSpan.FromSeconds(2.5), Generation = Quick }))!,
                Assert.Throws<InvalidRequestException>(() => MusicPipeline.Validate(TextToMusic with { Guidance = new() { Scale = -1.5 } }))!,
                Assert.Throws<InvalidRequestException>(() => MusicPipeline.Validate(TextToMusic with { Seed = -3 }))!,
                Assert.ThrowsAsync<InvalidRequestException>(() => Pipeline.AudioToAudioAsync(new AudioToAudioRequest { Source = AudioBuffer.FromPlanar([new float[8000 * 250 + 4000]], 8000), Generation = Quick }))!,
                Assert.Throws<ArgumentException>(() => Pipeline.LoadLora("anything", double.NegativeInfinity))!,
            ];

            Assert.That(errors.Select(error => error.Message), Has.None.Contains("~").And.None.Match("[0-9],[0-9]"));
            Assert.That(errors[0].Message, Does.Contain("2.5 s"));
        }
        finally
        {
            CultureInfo.CurrentCulture = machine;
        }
    }

    private sealed class Told(List<MusicProgress> reports) : IProgress<MusicProgress>
    {
        public void Report(MusicProgress value) => reports.Add(value);
    }
}
