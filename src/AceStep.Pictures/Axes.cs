using System.Globalization;
using AceStep.Audio;

namespace AceStep.Pictures;

/// <summary>Where the marks of an axis stand and what they say.</summary>
internal static class Axes
{
    private static readonly double[] TimeSteps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200];
    private static readonly double[] Frequencies = [50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000];

    /// <summary>Round times from 0 on, at most as many as fit.</summary>
    public static IEnumerable<(double Seconds, string Label)> Times(double duration, int atMost)
    {
        double step = Array.Find(TimeSteps, step => duration / step < Math.Max(1, atMost));
        if (step == 0)
        {
            step = Math.Max(duration, 1);
        }

        for (int i = 0; i * step <= duration; i++)
        {
            yield return (i * step, TimeLabel(i * step, step));
        }
    }

    /// <summary>Round frequencies between two, from low to high.</summary>
    public static IEnumerable<(double Frequency, string Label)> FrequenciesBetween(double lowest, double highest) =>
        Frequencies.Where(frequency => frequency >= lowest && frequency <= highest).Select(frequency => (frequency, FrequencyLabel(frequency)));

    private static string TimeLabel(double seconds, double step) => step < 1
        ? seconds.ToString(step < 0.01 ? "0.000" : step < 0.1 ? "0.00" : "0.0", CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{(int)(seconds / 60)}:{(int)Math.Round(seconds % 60):00}");

    private static string FrequencyLabel(double frequency) =>
        frequency < 1000 ? frequency.ToString(CultureInfo.InvariantCulture) : (frequency / 1000).ToString(CultureInfo.InvariantCulture) + "k";
}

/// <summary>The lowest and highest sample of each column of a waveform's picture.</summary>
internal static class Envelope
{
    /// <param name="audio">The sound; all its channels from <paramref name="firstChannel"/> to before <paramref name="endChannel"/> count.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="firstChannel">The first channel.</param>
    /// <param name="endChannel">The channel after the last.</param>
    /// <returns>Zero for both where a column has nothing that is a number.</returns>
    public static (float Low, float High)[] Of(AudioBuffer audio, int columns, int firstChannel, int endChannel)
    {
        var envelope = new (float Low, float High)[columns];
        for (int column = 0; column < columns && audio.Length > 0; column++)
        {
            int start = (int)((long)audio.Length * column / columns);
            int end = Math.Max(start + 1, (int)((long)audio.Length * (column + 1) / columns));
            (float low, float high) = (float.PositiveInfinity, float.NegativeInfinity);
            for (int channel = firstChannel; channel < endChannel; channel++)
            {
                foreach (float sample in audio.Channel(channel)[start..end])
                {
                    // NaN is neither below nor above anything.
                    low = sample < low ? sample : low;
                    high = sample > high ? sample : high;
                }
            }

            envelope[column] = low <= high ? (low, high) : (0, 0);
        }

        return envelope;
    }
}
