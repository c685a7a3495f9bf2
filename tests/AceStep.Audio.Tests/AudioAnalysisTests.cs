namespace AceStep.Audio.Tests;

public sealed class AudioAnalysisTests
{
    [TestCase(44100, 1000)]
    [TestCase(48000, 5000)]
    [TestCase(22050, 300)]
    public void Of_Tone_HasItsFrequencyAsCentroid(int sampleRate, double frequency)
    {
        AudioAnalysis analysis = AudioAnalysis.Of(Sounds.Sine(frequency, 0.5, 2, sampleRate, channels: 2));
        // The ends of the sound and the window's skirts pull it up a little.
        Assert.That(analysis.SpectralCentroid, Is.EqualTo(frequency).Within(3).Percent);
    }

    [Test]
    public void Of_WhiteNoise_HasItsCentroidInTheMiddle()
    {
        AudioAnalysis analysis = AudioAnalysis.Of(Sounds.Noise(new Random(1), 1, 200_000, 40_000));
        Assert.That(analysis.SpectralCentroid, Is.EqualTo(10_000).Within(1).Percent);
    }

    [Test]
    public void Of_ClippedTone_CountsTheSamplesAtFullScale()
    {
        float[] samples = Sounds.Sine(441, 2, 1, 44100).ToPlanar();
        int expected = samples.Count(sample => Math.Abs(sample) >= 32767f / 32768);
        AudioAnalysis analysis = AudioAnalysis.Of(AudioBuffer.FromPlanar([samples], 44100));
        Assert.That(expected, Is.GreaterThan(20_000));
        Assert.That(analysis.ClippedSamples, Is.EqualTo(expected));
        Assert.That(AudioAnalysis.Of(Sounds.Sine(441, 0.999, 1, 44100)).ClippedSamples, Is.Zero);
    }

    [Test]
    public void Of_ToneBetweenSilences_MeasuresTheirShare()
    {
        AudioBuffer audio = AudioBuffer.Concatenate(
            [Sounds.Sine(1000, 0, 1, 48000), Sounds.Sine(1000, 0.5, 2, 48000), Sounds.Sine(1000, 0.0009, 1, 48000)]);
        Assert.That(AudioAnalysis.Of(audio).SilentShare, Is.EqualTo(0.5).Within(0.001));
    }

    [Test]
    public void ToString_Tone_ReadsAsOneLine()
    {
        AudioAnalysis analysis = AudioAnalysis.Of(Sounds.Sine(1000, 0.1, 61, 48000, channels: 2));
        Assert.That(analysis.ToString(), Is.EqualTo("1:01.0, 48000 Hz stereo, -20.0 LUFS, true peak -20.0 dBTP, centroid 1.0 kHz, no clipping, 0 % silence"));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(1000)]
    public void Of_SilenceOfAnyLength_IsMinusInfinity(int length)
    {
        AudioAnalysis analysis = AudioAnalysis.Of(AudioBuffer.FromPlanar([new float[length]], 48000));
        Assert.That(analysis.Peak, Is.EqualTo(double.NegativeInfinity));
        Assert.That(analysis.TruePeak, Is.EqualTo(double.NegativeInfinity));
        Assert.That(analysis.IntegratedLoudness, Is.EqualTo(double.NegativeInfinity));
        Assert.That(analysis.SpectralCentroid, Is.Zero);
        Assert.That(analysis.ToString(), Does.Contain("-inf LUFS"));
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Of_ReferenceSource_AgreesWithSox()
    {
        string[] sources = Directory.GetFiles(ReferenceData.Require("pipeline", "sources"), "*.wav");
        Assert.That(sources, Is.Not.Empty);
        foreach (string path in sources)
        {
            string[] lines = Tool.Run("sox", path, "-n", "stats").Split('\n');
            double peak = double.Parse(lines.Single(line => line.StartsWith("Pk lev dB", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], System.Globalization.CultureInfo.InvariantCulture);
            Assert.That(AudioAnalysis.Of(AudioFile.Load(path)).Peak, Is.EqualTo(peak).Within(0.01), path);
        }
    }
}
