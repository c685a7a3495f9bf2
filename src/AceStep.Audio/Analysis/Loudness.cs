using System.Numerics.Tensors;

namespace AceStep.Audio.Analysis;

/// <summary>Integrated loudness as ITU-R BS.1770-4 and EBU R 128 measure it.</summary>
internal static class Loudness
{
    /// <summary>Blocks below this do not count, in LUFS.</summary>
    private const double AbsoluteGate = -70;

    /// <summary>Nor do blocks this far below the mean of the others, in LU.</summary>
    private const double RelativeGate = -10;

    /// <summary>A block of 400 ms starts every 100 ms, so it is four steps long.</summary>
    private const int StepsPerSecond = 10;
    private const int StepsPerBlock = 4;

    private const double Surround = 1.41;

    /// <summary>Weights of 1 to 8 channels in the order of WAV files: no low frequencies, more for the sides.</summary>
    private static readonly double[][] Weights =
    [
        [1],
        [1, 1],
        [1, 1, 1],
        [1, 1, Surround, Surround],
        [1, 1, 1, Surround, Surround],
        [1, 1, 1, 0, Surround, Surround],
        [1, 1, 1, 0, 1, Surround, Surround],
        [1, 1, 1, 0, 1, 1, Surround, Surround],
    ];

    /// <summary>In LUFS; minus infinity for silence and for less than 400 ms.</summary>
    public static double Integrated(AudioBuffer audio)
    {
        double[] steps = StepPowers(audio);
        List<double> blocks = [];
        for (int step = 0; step + StepsPerBlock <= steps.Length; step++)
        {
            blocks.Add(steps.AsSpan(step, StepsPerBlock).ToArray().Average());
        }

        double[] audible = [.. blocks.Where(power => OfPower(power) > AbsoluteGate)];
        if (audible.Length == 0)
        {
            return double.NegativeInfinity;
        }

        double gate = OfPower(audible.Average()) + RelativeGate;
        return OfPower(audible.Where(power => OfPower(power) > gate).Average());
    }

    /// <summary>The weighted power of each whole step, all channels together.</summary>
    private static double[] StepPowers(AudioBuffer audio)
    {
        // Steps of a rate that is no multiple of ten are not equally long.
        int StartOf(int step) => (int)((long)step * audio.SampleRate / StepsPerSecond);
        int count = (int)((long)audio.Length * StepsPerSecond / audio.SampleRate);
        var powers = new double[count];
        for (int channel = 0; channel < audio.Channels; channel++)
        {
            double weight = audio.Channels <= Weights.Length ? Weights[audio.Channels - 1][channel] : 1;
            ReadOnlySpan<float> samples = audio.Channel(channel);
            var filter = new KWeighting(audio.SampleRate);
            for (int step = 0; step < count; step++)
            {
                int start = StartOf(step);
                ReadOnlySpan<float> part = samples[start..StartOf(step + 1)];
                double sum = 0;
                foreach (float sample in part)
                {
                    double filtered = filter.Next(sample);
                    sum += filtered * filtered;
                }

                powers[step] += weight * sum / part.Length;
            }
        }

        return powers;
    }

    private static double OfPower(double power) => -0.691 + (10 * Math.Log10(power));
}

/// <summary>
/// The two filters of ITU-R BS.1770 that make a level follow the ear: a shelf for the head and a high-pass.
/// The standard gives their coefficients for 48 kHz; these come from the analogue filters behind them and are
/// the standard's at that rate.
/// </summary>
internal struct KWeighting
{
    private const double ShelfFrequency = 1681.974450955533;
    private const double ShelfGain = 3.999843853973347;
    private const double ShelfQuality = 0.7071752369554196;
    private const double ShelfSlope = 0.4996667741545416;
    private const double HighPassFrequency = 38.13547087602444;
    private const double HighPassQuality = 0.5003270373238773;

    private Biquad _shelf;
    private Biquad _highPass;

    public KWeighting(int sampleRate)
    {
        double k = Math.Tan(Math.PI * ShelfFrequency / sampleRate);
        double high = Math.Pow(10, ShelfGain / 20);
        double middle = Math.Pow(high, ShelfSlope);
        double scale = 1 + (k / ShelfQuality) + (k * k);
        _shelf = new Biquad
        {
            B0 = (high + (middle * k / ShelfQuality) + (k * k)) / scale,
            B1 = 2 * ((k * k) - high) / scale,
            B2 = (high - (middle * k / ShelfQuality) + (k * k)) / scale,
            A1 = 2 * ((k * k) - 1) / scale,
            A2 = (1 - (k / ShelfQuality) + (k * k)) / scale,
        };

        k = Math.Tan(Math.PI * HighPassFrequency / sampleRate);
        scale = 1 + (k / HighPassQuality) + (k * k);
        _highPass = new Biquad
        {
            B0 = 1,
            B1 = -2,
            B2 = 1,
            A1 = 2 * ((k * k) - 1) / scale,
            A2 = (1 - (k / HighPassQuality) + (k * k)) / scale,
        };
    }

    /// <summary>The coefficients b0, b1, b2, a1, a2 of the shelf and of the high-pass.</summary>
    public readonly double[][] Coefficients =>
    [
        [_shelf.B0, _shelf.B1, _shelf.B2, _shelf.A1, _shelf.A2],
        [_highPass.B0, _highPass.B1, _highPass.B2, _highPass.A1, _highPass.A2],
    ];

    /// <summary>Filters the next sample.</summary>
    public double Next(double sample) => _highPass.Next(_shelf.Next(sample));

    /// <summary>A second-order filter in transposed direct form II.</summary>
    private struct Biquad
    {
        public double B0;
        public double B1;
        public double B2;
        public double A1;
        public double A2;
        private double _first;
        private double _second;

        public double Next(double sample)
        {
            double result = (B0 * sample) + _first;
            _first = (B1 * sample) - (A1 * result) + _second;
            _second = (B2 * sample) - (A2 * result);
            return result;
        }
    }
}

/// <summary>The highest level between the samples too, by fourfold oversampling as ITU-R BS.1770-4 asks for.</summary>
internal static class TruePeak
{
    /// <summary>From here on less oversampling, or none, is enough.</summary>
    private const int HighRate = 96_000;
    private const int BlockLength = 1 << 16;

    /// <summary>The largest absolute value, 1 being full scale; never below the largest sample.</summary>
    public static double Of(AudioBuffer audio, double samplePeak)
    {
        int factor = audio.SampleRate < HighRate ? 4 : audio.SampleRate < 2 * HighRate ? 2 : 1;
        double peak = samplePeak;
        if (factor == 1)
        {
            return peak;
        }

        var resampler = new StreamingResampler(audio.SampleRate, factor * audio.SampleRate, audio.Channels);
        for (int position = 0; position < audio.Length; position += BlockLength)
        {
            AudioBuffer block = audio.Slice(position, Math.Min(BlockLength, audio.Length - position));
            peak = Math.Max(peak, SamplePeak(resampler.Push(block)));
        }

        return Math.Max(peak, SamplePeak(resampler.Finish()));
    }

    /// <summary>The largest absolute value of the samples themselves.</summary>
    public static double SamplePeak(AudioBuffer audio)
    {
        float peak = 0;
        for (int channel = 0; channel < audio.Channels && audio.Length > 0; channel++)
        {
            peak = Math.Max(peak, Math.Abs(TensorPrimitives.MaxMagnitude(audio.Channel(channel))));
        }

        return peak;
    }
}
