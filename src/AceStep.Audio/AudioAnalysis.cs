using System.Globalization;
using AceStep.Audio.Analysis;

namespace AceStep.Audio;

/// <summary>What a sound measures: levels, loudness, brightness, clipping, silence.</summary>
/// <remarks>
/// Decibels of silence are <see cref="double.NegativeInfinity"/>. Samples that are NaN or infinite are counted, and measured as zero.
/// </remarks>
public sealed record AudioAnalysis
{
    /// <summary>A sample at or beyond the largest of 16 bits counts as clipped.</summary>
    private const float ClippingLevel = 32767f / 32768;

    /// <summary>Blocks of 50 ms that stay below -60 dBFS count as silent.</summary>
    private const float SilenceLevel = 0.001f;
    private const int SilenceBlocksPerSecond = 20;

    private const int FrameLength = 2048;

    /// <summary>How long the sound lasts.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Samples per second of each channel.</summary>
    public required int SampleRate { get; init; }

    /// <summary>The number of channels.</summary>
    public required int Channels { get; init; }

    /// <summary>The largest sample, in dB relative to full scale (dBFS).</summary>
    public required double Peak { get; init; }

    /// <summary>The highest level between the samples too, at four times the rate, as ITU-R BS.1770-4 has it, in dBTP.</summary>
    public required double TruePeak { get; init; }

    /// <summary>Integrated loudness as ITU-R BS.1770-4 has it, gated, in LUFS; minus infinity below 400 ms.</summary>
    public required double IntegratedLoudness { get; init; }

    /// <summary>The mean frequency, weighted by magnitude, in Hz: low for dull sounds, high for bright ones; 0 for silence.</summary>
    public required double SpectralCentroid { get; init; }

    /// <summary>Samples, of all channels, at or beyond full scale (32767/32768).</summary>
    public required long ClippedSamples { get; init; }

    /// <summary>The share, 0 to 1, of blocks of 50 ms in which no sample reaches -60 dBFS.</summary>
    public required double SilentShare { get; init; }

    /// <summary>Samples, of all channels, that are NaN or infinite.</summary>
    public required long NonFiniteSamples { get; init; }

    /// <summary>Measures a sound, which takes a second or two for four minutes of stereo.</summary>
    public static AudioAnalysis Of(AudioBuffer audio)
    {
        ArgumentNullException.ThrowIfNull(audio);
        (audio, long nonFinite) = FiniteSamples.Of(audio);
        double peak = Analysis.TruePeak.SamplePeak(audio);
        return new AudioAnalysis
        {
            Duration = audio.Duration,
            SampleRate = audio.SampleRate,
            Channels = audio.Channels,
            Peak = Decibels(peak),
            TruePeak = Decibels(Analysis.TruePeak.Of(audio, peak)),
            IntegratedLoudness = Loudness.Integrated(audio),
            SpectralCentroid = Centroid(audio),
            ClippedSamples = CountClipped(audio),
            SilentShare = MeasureSilence(audio),
            NonFiniteSamples = nonFinite,
        };
    }

    /// <summary>One line for people, such as <c>1:00.0, 48000 Hz stereo, -14.2 LUFS, true peak -0.3 dBTP, centroid 2.9 kHz, no clipping, 1 % silence</c>.</summary>
    public override string ToString()
    {
        long tenths = (long)Math.Round(Duration.TotalSeconds * 10);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{tenths / 600}:{tenths % 600 / 10.0:00.0}, {SampleRate} Hz {ChannelsText()}, {DecibelText(IntegratedLoudness)} LUFS, true peak {DecibelText(TruePeak)} dBTP, centroid {SpectralCentroid / 1000:0.0} kHz, {ClippingText()}, {100 * SilentShare:0} % silence{NonFiniteText()}");
    }

    internal static double Decibels(double amplitude) => 20 * Math.Log10(amplitude);

    private string ChannelsText() => Channels switch
    {
        1 => "mono",
        2 => "stereo",
        _ => $"with {Channels} channels",
    };

    private static string DecibelText(double level) =>
        double.IsNegativeInfinity(level) ? "-inf" : level.ToString("0.0", CultureInfo.InvariantCulture);

    private string ClippingText() => ClippedSamples == 0 ? "no clipping" : $"{ClippedSamples} clipped samples";

    private string NonFiniteText() => NonFiniteSamples == 0 ? "" : $", {NonFiniteSamples} samples that are no numbers";

    private static double Centroid(AudioBuffer audio)
    {
        var fft = new Fft(FrameLength);
        var power = new float[fft.Bins];
        double weighted = 0;
        double total = 0;
        for (int channel = 0; channel < audio.Channels; channel++)
        {
            for (int start = 0; start < audio.Length; start += FrameLength / 2)
            {
                fft.PowerSpectrum(audio.Channel(channel).Slice(start, Math.Min(FrameLength, audio.Length - start)), power);
                for (int bin = 0; bin < power.Length; bin++)
                {
                    double magnitude = Math.Sqrt(power[bin]);
                    weighted += magnitude * bin;
                    total += magnitude;
                }
            }
        }

        return total == 0 ? 0 : weighted / total * audio.SampleRate / FrameLength;
    }

    private static long CountClipped(AudioBuffer audio)
    {
        long count = 0;
        for (int channel = 0; channel < audio.Channels; channel++)
        {
            foreach (float sample in audio.Channel(channel))
            {
                count += Math.Abs(sample) >= ClippingLevel ? 1 : 0;
            }
        }

        return count;
    }

    private static double MeasureSilence(AudioBuffer audio)
    {
        int blockLength = Math.Max(1, audio.SampleRate / SilenceBlocksPerSecond);
        int silent = 0;
        int count = 0;
        for (int start = 0; start < audio.Length; start += blockLength, count++)
        {
            int length = Math.Min(blockLength, audio.Length - start);
            bool isSilent = true;
            for (int channel = 0; channel < audio.Channels && isSilent; channel++)
            {
                isSilent = audio.Channel(channel).Slice(start, length).IndexOfAnyExceptInRange(-SilenceLevel, SilenceLevel) < 0;
            }

            silent += isSilent ? 1 : 0;
        }

        return count == 0 ? 0 : (double)silent / count;
    }
}
