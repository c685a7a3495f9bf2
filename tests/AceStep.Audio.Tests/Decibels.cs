namespace AceStep.Audio.Tests;

/// <summary>How far two sounds are apart.</summary>
internal static class Decibels
{
    /// <summary>Signal over difference of all channels, in dB; both must have the same shape.</summary>
    public static double SignalToNoise(AudioBuffer actual, AudioBuffer expected)
    {
        Assert.That((actual.Channels, actual.Length), Is.EqualTo((expected.Channels, expected.Length)));
        double signal = 0;
        double noise = 0;
        for (int channel = 0; channel < expected.Channels; channel++)
        {
            for (int i = 0; i < expected.Length; i++)
            {
                double error = actual.Channel(channel)[i] - expected.Channel(channel)[i];
                signal += (double)expected.Channel(channel)[i] * expected.Channel(channel)[i];
                noise += error * error;
            }
        }

        return noise == 0 ? double.PositiveInfinity : 10 * Math.Log10(signal / noise);
    }
}
