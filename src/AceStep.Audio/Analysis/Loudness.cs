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
