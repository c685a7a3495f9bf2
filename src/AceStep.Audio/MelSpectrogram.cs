using AceStep.Audio.Analysis;

namespace AceStep.Audio;

/// <summary>
/// The level of each band of frequencies over time, for pictures: bands are equally wide on the mel scale,
/// columns equally long. Immutable.
/// </summary>
public sealed class MelSpectrogram
{
    /// <summary>The level of silence, in dB relative to full scale.</summary>
    public const float Floor = -120;

    private const int FrameLength = 4096;
    private const int FrameSpacing = 1024;

    /// <summary>More frames would not change a column that anybody could see.</summary>
    private const int MaxFramesPerColumn = 8;

    private readonly float[] _levels;

    private MelSpectrogram(AudioBuffer audio, int columns, int bands)
    {
        Columns = columns;
        Bands = bands;
        Duration = audio.Duration;
        HighestFrequency = Math.Min(20_000, audio.SampleRate / 2.0);
        LowestFrequency = Math.Min(20, HighestFrequency / 2);
        _levels = new float[columns * bands];
        Measure(audio);
    }

    /// <summary>The number of columns; column 0 is the beginning.</summary>
    public int Columns { get; }

    /// <summary>The number of bands; band 0 is the lowest.</summary>
    public int Bands { get; }

    /// <summary>What all columns together last.</summary>
    public TimeSpan Duration { get; }

    /// <summary>The lower edge of the lowest band: 20 Hz.</summary>
    public double LowestFrequency { get; }

    /// <summary>The upper edge of the highest band: 20 kHz or half the sample rate.</summary>
    public double HighestFrequency { get; }

    /// <summary>The mean level of a band in a column, of all channels, in dB: 0 is a sine of full scale, <see cref="Floor"/> silence.</summary>
    public float this[int column, int band] => _levels[(column * Bands) + band];

    /// <summary>Measures a sound; samples that are NaN or infinite count as zero.</summary>
    /// <param name="audio">The sound.</param>
    /// <param name="columns">The number of columns, at least 1.</param>
    /// <param name="bands">The number of bands, at least 1.</param>
    public static MelSpectrogram Of(AudioBuffer audio, int columns, int bands)
    {
        ArgumentNullException.ThrowIfNull(audio);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(bands, 1);
        return new MelSpectrogram(FiniteSamples.Of(audio).Audio, columns, bands);
    }

    /// <summary>The place of a frequency among the bands: 0 is the lower edge of the lowest, <see cref="Bands"/> the upper edge of the highest.</summary>
    public double BandOf(double frequency) =>
        (Mel(frequency) - Mel(LowestFrequency)) / (Mel(HighestFrequency) - Mel(LowestFrequency)) * Bands;

    /// <summary>The frequency, in Hz, at a place among the bands: the inverse of <see cref="BandOf"/>.</summary>
    public double FrequencyOf(double band)
    {
        double mel = Mel(LowestFrequency) + (band / Bands * (Mel(HighestFrequency) - Mel(LowestFrequency)));
        return 700 * (Math.Pow(10, mel / 2595) - 1);
    }

    private static double Mel(double frequency) => 2595 * Math.Log10(1 + (frequency / 700));

    private void Measure(AudioBuffer audio)
    {
        var fft = new Fft(FrameLength);
        double binsPerHertz = (double)FrameLength / audio.SampleRate;
        double[] edges = [.. Enumerable.Range(0, Bands + 1).Select(band => FrequencyOf(band) * binsPerHertz)];
        var frame = new float[FrameLength];
        var power = new float[fft.Bins];
        var sums = new double[fft.Bins];
        for (int column = 0; column < Columns; column++)
        {
            long start = (long)audio.Length * column / Columns;
            long length = ((long)audio.Length * (column + 1) / Columns) - start;
            int frames = (int)Math.Clamp(length / FrameSpacing, 1, MaxFramesPerColumn);
            Array.Clear(sums);
            for (int i = 0; i < frames; i++)
            {
                long middle = start + (((2 * i) + 1) * length / (2 * frames));
                for (int channel = 0; channel < audio.Channels; channel++)
                {
                    CopyAround(audio.Channel(channel), middle, frame);
                    fft.PowerSpectrum(frame, power);
                    for (int bin = 0; bin < sums.Length; bin++)
                    {
                        sums[bin] += power[bin];
                    }
                }
            }

            for (int band = 0; band < Bands; band++)
            {
                double mean = Mean(sums, edges[band], edges[band + 1]) / (frames * audio.Channels);
                _levels[(column * Bands) + band] = (float)Math.Max(Floor, 10 * Math.Log10(mean));
            }
        }
    }

    /// <summary>One frame, with silence beyond the sound's ends.</summary>
    private static void CopyAround(ReadOnlySpan<float> samples, long middle, Span<float> frame)
    {
        frame.Clear();
        long start = middle - (frame.Length / 2);
        int first = (int)Math.Clamp(start, 0, samples.Length);
        int end = (int)Math.Clamp(start + frame.Length, first, samples.Length);
        samples[first..end].CopyTo(frame[(int)(first - start)..]);
    }

    /// <summary>The mean over the bins of a band; where it is narrower than a bin, the value between its neighbours.</summary>
    private static double Mean(ReadOnlySpan<double> bins, double low, double high)
    {
        int first = (int)Math.Ceiling(low);
        int end = Math.Min((int)Math.Ceiling(high), bins.Length);
        if (end - first < 1)
        {
            double middle = Math.Min((low + high) / 2, bins.Length - 1);
            int below = Math.Min((int)middle, bins.Length - 2);
            return bins[below] + ((middle - below) * (bins[below + 1] - bins[below]));
        }

        double sum = 0;
        foreach (double bin in bins[first..end])
        {
            sum += bin;
        }

        return sum / (end - first);
    }
}
