using AceStep.Audio.Analysis;

namespace AceStep.Audio.Tests;

/// <summary>
/// The test signals of EBU Tech 3341 that can be made up (cases 1 to 6 for loudness, 15 to 19 for true peak) and
/// the reference points of ITU-R BS.1770-4.
/// </summary>
public sealed class LoudnessTests
{
    /// <summary>Tech 3341 allows 0.1 LU.</summary>
    private const double LoudnessTolerance = 0.1;

    /// <summary>At low rates the filters bend a little: 0.04 dB at 11 kHz.</summary>
    private const double RateTolerance = 0.05;

    [TestCase(-23.0, -23.0)]
    [TestCase(-33.0, -33.0)]
    public void Integrated_StereoTone_IsItsLevel(double level, double expected)
    {
        Assert.That(Loudness.Integrated(Tone(48000, (20, level))), Is.EqualTo(expected).Within(LoudnessTolerance));
    }

    [Test]
    public void Integrated_QuietBeginningAndEnd_AreGatedRelatively()
    {
        Assert.That(Loudness.Integrated(Tone(48000, (10, -36), (60, -23), (10, -36))), Is.EqualTo(-23).Within(LoudnessTolerance));
    }

    [Test]
    public void Integrated_VeryQuietBeginningAndEnd_AreGatedAbsolutely()
    {
        Assert.That(Loudness.Integrated(Tone(48000, (10, -72), (10, -36), (60, -23), (10, -36), (10, -72))), Is.EqualTo(-23).Within(LoudnessTolerance));
    }

    [Test]
    public void Integrated_MostlyBelowTheAbsoluteGate_CountsOnlyTheRest()
    {
        // Were the quiet part counted, the mean would fall so far that the relative gate let it in.
        Assert.That(Loudness.Integrated(Tone(48000, (60, -75), (10, -60))), Is.EqualTo(-60).Within(LoudnessTolerance));
    }

    [Test]
    public void Integrated_LongSilence_DoesNotLowerTheRelativeGate()
    {
        // The part at -36 is 13 dB below the mean of what can be heard, and 8 dB below the mean of all.
        Assert.That(Loudness.Integrated(Tone(48000, (120, -75), (30, -20), (30, -36))), Is.EqualTo(-20).Within(LoudnessTolerance));
    }

    [Test]
    public void Integrated_BurstOfOneBlock_IsSeenByAllThatOverlapIt()
    {
        // Blocks of 0.4 s begin every 0.1 s: of those that hear it, 0.5, 0.75, 1, 0.75, 0.5 and 0.25 of each is the burst.
        double mean = 10 * Math.Log10(3.75 / 6);
        Assert.That(Loudness.Integrated(Tone(48000, (0.2, -75), (0.4, -20), (0.6, -75))), Is.EqualTo(-20 + mean).Within(LoudnessTolerance));
    }

    [Test]
    public void Integrated_LouderMiddle_IsAveragedByPower()
    {
        Assert.That(Loudness.Integrated(Tone(48000, (20, -26), (20.1, -20), (20, -26))), Is.EqualTo(-23).Within(LoudnessTolerance));
    }

    [Test]
    public void Integrated_FiveChannels_AreWeighted()
    {
        double[] levels = [-28, -28, -24, -30, -30];
        float[][] channels = [.. levels.Select(level => Tone(48000, (20, level)).Channel(0).ToArray())];
        Assert.That(Loudness.Integrated(AudioBuffer.FromPlanar(channels, 48000)), Is.EqualTo(-23).Within(LoudnessTolerance));
    }

    [TestCase(48000)]
    [TestCase(44100)]
    [TestCase(96000)]
    [TestCase(22050)]
    [TestCase(11025)]
    public void Integrated_997HzAtFullScaleInOneChannel_IsMinus3(int sampleRate)
    {
        AudioBuffer tone = Sounds.Sine(997, 1, 5, sampleRate);
        Assert.That(Loudness.Integrated(tone), Is.EqualTo(-3.01).Within(RateTolerance));
        Assert.That(Loudness.Integrated(Sounds.Sine(997, 0.1, 5, sampleRate, channels: 2)), Is.EqualTo(-20).Within(RateTolerance));
    }

    [Test]
    public void KWeighting_At48Kilohertz_HasTheStandardsCoefficients()
    {
        double[][] expected =
        [
            [1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585],
            [1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621],
        ];
        double[][] actual = new KWeighting(48000).Coefficients;
        for (int filter = 0; filter < expected.Length; filter++)
        {
            Assert.That(actual[filter], Is.EqualTo(expected[filter]).Within(1e-7));
        }
    }

    [Test]
    public void Integrated_SilenceOrLessThanABlock_IsMinusInfinity()
    {
        Assert.That(Loudness.Integrated(Sounds.Sine(1000, 0, 5, 48000)), Is.EqualTo(double.NegativeInfinity));
        Assert.That(Loudness.Integrated(Sounds.Sine(1000, 1, 0.39, 48000)), Is.EqualTo(double.NegativeInfinity));
        Assert.That(Loudness.Integrated(Sounds.Sine(1000, 1, 0, 48000)), Is.EqualTo(double.NegativeInfinity));
    }

    /// <summary>Tech 3341 allows 0.2 dB above and 0.4 dB below.</summary>
    [TestCase(4, 0.5, 0, -6.0)]
    [TestCase(4, 0.5, 45, -6.0)]
    [TestCase(6, 0.5, 60, -6.0)]
    [TestCase(8, 0.5, 67.5, -6.0)]
    [TestCase(4, 1.41, 45, 3.0)]
    public void TruePeak_ToneBetweenTheSamples_IsItsAmplitude(int divisor, double amplitude, double degrees, double expected)
    {
        // Faded in and out: an abrupt start has true peaks of its own.
        AudioBuffer tone = Sounds.Sine(48000.0 / divisor, amplitude, 1, 48000, phase: degrees * Math.PI / 180);
        float[] samples = tone.ToPlanar();
        for (int i = 0; i < 1000; i++)
        {
            samples[i] *= i / 1000f;
            samples[^(i + 1)] *= i / 1000f;
        }

        AudioAnalysis analysis = AudioAnalysis.Of(AudioBuffer.FromPlanar([samples], 48000));
        TestContext.Out.WriteLine($"{analysis.TruePeak:F2} dBTP");
        Assert.That(analysis.TruePeak, Is.InRange(expected - 0.4, expected + 0.2));
    }

    [Test]
    public void TruePeak_SampleBetweenZeros_IsNotBelowTheSample()
    {
        var samples = new float[101];
        samples[50] = 0.8f;
        AudioAnalysis analysis = AudioAnalysis.Of(AudioBuffer.FromPlanar([samples], 48000));
        Assert.That(analysis.Peak, Is.EqualTo(20 * Math.Log10(0.8)).Within(1e-5));
        Assert.That(analysis.TruePeak, Is.AtLeast(analysis.Peak));
    }

    [TestCase(-14, -1)]
    [TestCase(-23, -1)]
    [TestCase(-14, -3)]
    public void Normalize_Music_ReachesTheTargetOrTheCeiling(double target, double ceiling)
    {
        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 96000, 48000);
        NormalizedAudio normalized = LoudnessNormalizer.Normalize(audio, target, ceiling);
        AudioAnalysis analysis = AudioAnalysis.Of(normalized.Audio);
        Assert.That(analysis.TruePeak, Is.AtMost(ceiling + 0.001));
        if (normalized.IsLimitedByPeak)
        {
            Assert.That(analysis.TruePeak, Is.EqualTo(ceiling).Within(0.001));
            Assert.That(analysis.IntegratedLoudness, Is.LessThan(target));
        }
        else
        {
            Assert.That(analysis.IntegratedLoudness, Is.EqualTo(target).Within(0.001));
        }

        Assert.That(analysis.IntegratedLoudness, Is.EqualTo(AudioAnalysis.Of(audio).IntegratedLoudness + normalized.Gain).Within(0.001));
    }

    [Test]
    public void Normalize_Silence_StaysAsItIs()
    {
        AudioBuffer silence = Sounds.Sine(1000, 0, 1, 48000);
        NormalizedAudio normalized = LoudnessNormalizer.Normalize(silence);
        Assert.That(normalized, Is.EqualTo(new NormalizedAudio(silence, 0, false)));
    }

    [TestCase(-71, -1)]
    [TestCase(1, -1)]
    [TestCase(double.NaN, -1)]
    [TestCase(-14, 0.1)]
    public void Normalize_OutOfRange_IsRefused(double target, double ceiling)
    {
        AudioBuffer audio = Sounds.Sine(1000, 0.5, 1, 48000);
        Assert.That(() => LoudnessNormalizer.Normalize(audio, target, ceiling), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    /// <summary>A stereo tone of 1 kHz whose peak level changes.</summary>
    private static AudioBuffer Tone(int sampleRate, params (double Seconds, double Level)[] parts) =>
        AudioBuffer.Concatenate([.. parts.Select(part => Sounds.Sine(1000, Math.Pow(10, part.Level / 20), part.Seconds, sampleRate, channels: 2))]);
}
