namespace AceStep.Audio.Tests;

/// <summary>
/// Measures the resampler with tones: what the pass band loses, and what appears that was not there. Prints the
/// table of docs/audio.md, with sox's <c>rate</c> effect, from which libsoxr was made, beside it.
/// </summary>
public sealed class ResamplerQualityTests
{
    private const double Amplitude = 0.5;
    private const double Seconds = 0.5;

    /// <summary>Hz; from 22,050 on only for the way down.</summary>
    private static readonly double[] Tones = [100, 1000, 5000, 10000, 15000, 16000, 17000, 18000, 19000, 20000, 20500, 21000, 21500, 22000, 22300, 22500, 23000, 23500, 23900];

    [TestCase(44100, 48000)]
    [TestCase(48000, 44100)]
    public void Resample_Tones_AreKeptInThePassBand(int source, int target)
    {
        double[] tones = [.. Tones.Where(tone => tone < source / 2)];
        AudioBuffer input = AudioBuffer.FromPlanar([.. tones.Select(tone => Sounds.Sine(tone, Amplitude, Seconds, source).ToPlanar())], source);
        List<(string Name, (double Gain, double Other)[] Measured)> rows = [("ours", Measure(Resampler.Resample(input, target), tones, source, target))];
        if (Tool.IsInstalled("sox"))
        {
            foreach (string quality in new[] { "-m", "-h", "-v" })
            {
                rows.Add(($"sox rate {quality}", Measure(Sox(input, target, quality), tones, source, target)));
            }
        }

        TestContext.Out.WriteLine($"{source} to {target}: gain and everything else, in dB");
        for (int i = 0; i < tones.Length; i++)
        {
            TestContext.Out.WriteLine($"{tones[i],6} Hz  " + string.Join("   ", rows.Select(row => $"{row.Name} {row.Measured[i].Gain,8:F3} {row.Measured[i].Other,8:F1}")));
        }

        // What this filter can do, whoever computes it: a fault would lift the rest far above.
        for (int i = 0; i < tones.Length && tones[i] <= 16000; i++)
        {
            (double gain, double other) = rows[0].Measured[i];
            Assert.That(gain, Is.EqualTo(0).Within(tones[i] <= 10000 ? 0.02 : 0.05), $"gain at {tones[i]} Hz");
            Assert.That(other, Is.LessThan(tones[i] <= 10000 ? -60 : -43), $"everything else at {tones[i]} Hz");
        }
    }

    /// <summary>The gain of each channel's tone, and the level of all else relative to it, in dB; tones beyond the target's band should leave nothing.</summary>
    private static (double Gain, double Other)[] Measure(AudioBuffer output, double[] tones, int source, int target)
    {
        double reference = Amplitude * Amplitude / 2;
        return [.. tones.Select((tone, channel) =>
        {
            // Half a second of each has whole periods; the ends, where the filter meets silence, are left out.
            ReadOnlySpan<float> samples = output.Channel(channel)[(target / 20)..(target * 9 / 20)];
            double power = 0;
            double cosine = 0;
            double sine = 0;
            for (int i = 0; i < samples.Length; i++)
            {
                double angle = 2 * Math.PI * tone * i / target;
                power += (double)samples[i] * samples[i] / samples.Length;
                cosine += 2 * samples[i] * Math.Cos(angle) / samples.Length;
                sine += 2 * samples[i] * Math.Sin(angle) / samples.Length;
            }

            double kept = tone < Math.Min(source, target) / 2.0 ? ((cosine * cosine) + (sine * sine)) / 2 : 0;
            return (10 * Math.Log10(kept / reference), 10 * Math.Log10(Math.Max(power - kept, 1e-20) / reference));
        })];
    }

    private static AudioBuffer Sox(AudioBuffer input, int target, string quality)
    {
        using var folder = new TemporaryFolder();
        input.Save(folder.File("in.wav"));
        Tool.Run("sox", folder.File("in.wav"), "-e", "floating-point", "-b", "32", folder.File("out.wav"), "rate", quality, $"{target}");
        return AudioFile.Load(folder.File("out.wav"));
    }
}
