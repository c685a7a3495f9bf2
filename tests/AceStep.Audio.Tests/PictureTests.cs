using AceStep.Pictures;
using SkiaSharp;

namespace AceStep.Audio.Tests;

public sealed class PictureTests
{
    [TestCase(200)]
    [TestCase(1000)]
    [TestCase(8000)]
    public void MelSpectrogram_Tone_IsLoudestInItsBand(double frequency)
    {
        MelSpectrogram spectrogram = MelSpectrogram.Of(Sounds.Sine(frequency, 1, 1, 44100, channels: 2), 40, 64);
        int expected = (int)spectrogram.BandOf(frequency);
        for (int column = 4; column < 36; column++)
        {
            int loudest = Enumerable.Range(0, spectrogram.Bands).MaxBy(band => spectrogram[column, band]);
            Assert.That(loudest, Is.InRange(expected - 1, expected + 1));
            Assert.That(spectrogram.FrequencyOf(spectrogram.BandOf(frequency)), Is.EqualTo(frequency).Within(0.001));
        }
    }

    [Test]
    public void MelSpectrogram_ToneInTheMiddleOfANarrowBand_HasItsLevel()
    {
        // 93 bins of 4096 at 44.1 kHz, in bands so narrow that each lies between two bins.
        MelSpectrogram spectrogram = MelSpectrogram.Of(Sounds.Sine(93 * 44100.0 / 4096, 0.5, 1, 44100), 9, 2000);
        Assert.That(Enumerable.Range(0, 2000).Max(band => spectrogram[4, band]), Is.EqualTo(-6.02).Within(0.3));
    }

    [TestCase(80, 8)]
    [TestCase(16, 1)]
    [TestCase(200, 40)]
    public void Waveform_AnySize_FillsIt(int width, int height)
    {
        IReadOnlyList<string> lines = TerminalPicture.Waveform(Sounds.Sine(100, 1, 3, 44100), width, height);
        Assert.That(lines, Has.Count.EqualTo(height + 1));
        Assert.That(lines.Take(height).Select(line => line.Length), Is.All.EqualTo(width));
        Assert.That(lines[0][6..], Is.EqualTo(new string('█', width - 6)));
    }

    [Test]
    public void Waveform_QuietThenLoud_RisesInTheMiddle()
    {
        AudioBuffer audio = AudioBuffer.Concatenate([Sounds.Sine(100, 0.3, 1, 44100), Sounds.Sine(100, 1, 1, 44100)]);
        IReadOnlyList<string> lines = TerminalPicture.Waveform(audio, 46, 8);
        Assert.That(lines[0], Is.EqualTo("   +1│" + new string(' ', 20) + new string('█', 20)));
        Assert.That(lines[3], Is.EqualTo("     │" + new string('█', 40)));
        Assert.That(lines[8], Is.EqualTo("      0:00                0:01"));
    }

    [Test]
    public void Spectrogram_Tone_IsOneFullLine()
    {
        IReadOnlyList<string> lines = TerminalPicture.Spectrogram(Sounds.Sine(5000, 0.5, 2, 44100), 60, 12);
        Assert.That(lines.Take(12).Select(line => line.Length), Is.All.EqualTo(60));
        string[] full = [.. lines.Where(line => line[6..].All(letter => letter == '█'))];
        Assert.That(full, Is.EqualTo(new[] { "   5k│" + new string('█', 54) }));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(5000)]
    public void AllPictures_SilenceOfAnyLength_AreEmpty(int length)
    {
        AudioBuffer silence = AudioBuffer.FromPlanar([new float[length]], 48000);
        Assert.That(TerminalPicture.Spectrogram(silence).Take(12).Select(line => line[6..]), Is.All.EqualTo(new string(' ', 74)));
        string[] waveform = [.. TerminalPicture.Waveform(silence).Take(8).Select(line => line[6..])];
        Assert.That(waveform.Where(line => !string.IsNullOrWhiteSpace(line)), Is.EqualTo(new[] { new string('▄', 74) }));
        Assert.That(() => SoundPicture.Save(silence, new MemoryStream()), Throws.Nothing);
    }

    [Test]
    public void SavePicture_Tone_IsAPngWithALineAtItsFrequency()
    {
        using var folder = new TemporaryFolder();
        SoundPicture.Save(Sounds.Sine(2000, 0.5, 1, 48000, channels: 2), folder.File("tone.png"), "a tone", 640, 480);

        Assert.That(folder.Files, Is.EqualTo(new[] { "tone.png" }));
        using SKBitmap picture = SKBitmap.Decode(folder.File("tone.png"));
        Assert.That((picture.Width, picture.Height), Is.EqualTo((640, 480)));
        // Down a column in the lower half: one bright line; the rest is dark.
        int[] brightness = [.. Enumerable.Range(240, 200).Select(y => picture.GetPixel(320, y)).Select(pixel => pixel.Red + pixel.Green)];
        Assert.That(brightness.Max(), Is.GreaterThan(400));
        Assert.That(brightness.Count(value => value > 250), Is.InRange(1, 12));
    }

    /// <summary>The font comes with the library: a minimal system has none.</summary>
    [Test]
    public void SavePicture_Title_IsDrawnInLettersThatDiffer()
    {
        Assert.That(Letters("Song").SequenceEqual(Letters("Song")), Is.True);
        Assert.That(Letters("Song").SequenceEqual(Letters("Sung")), Is.False);
        Assert.That(Letters("Été, Жизнь").SequenceEqual(Letters("Ete, Zizn")), Is.False);
        Assert.That(Letters("жизнь").SequenceEqual(Letters("добро")), Is.False, "no boxes");

        static SKColor[] Letters(string? title)
        {
            using MemoryStream png = new();
            SoundPicture.Save(Sounds.Sine(2000, 0.5, 0.1, 48000), png, title, 640, 480);
            png.Position = 0;
            using SKBitmap picture = SKBitmap.Decode(png);
            return [.. Enumerable.Range(0, 30 * 640).Select(i => picture.GetPixel(i % 640, i / 640))];
        }
    }

    [TestCase(320, 240)]
    [TestCase(333, 1999)]
    [TestCase(4000, 250)]
    public void SavePicture_AnySizeAndTitle_FillsIt(int width, int height)
    {
        using MemoryStream png = new();
        string title = string.Join('\n', new string('w', 100_000), "東京 \uD83C\uDFB5", "\uD800", "a fourth line");
        SoundPicture.Save(Sounds.Noise(new Random(1), 3, 50_000, 48000), png, title, width, height);
        png.Position = 0;
        using SKBitmap picture = SKBitmap.Decode(png);
        Assert.That((picture.Width, picture.Height), Is.EqualTo((width, height)));
    }

    [Test]
    public void AllPictures_SamplesThatAreNoNumbers_AreDrawn()
    {
        AudioBuffer audio = AudioBuffer.FromPlanar([[float.NaN, float.PositiveInfinity, 0.5f, .. new float[5000], float.MaxValue]], 48000);
        Assert.That(TerminalPicture.Waveform(audio), Has.Count.EqualTo(9));
        Assert.That(TerminalPicture.Spectrogram(audio), Has.Count.EqualTo(13));
        Assert.That(() => SoundPicture.Save(audio, new MemoryStream()), Throws.Nothing);
    }

    [TestCase(319, 480)]
    [TestCase(640, 8193)]
    public void SavePicture_SizeOutOfRange_IsRefused(int width, int height)
    {
        Assert.That(
            () => SoundPicture.Save(Sounds.Sine(2000, 0.5, 1, 48000), new MemoryStream(), null, width, height), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }
}
