namespace AceStep.Audio.Tests;

/// <summary>Sounds made up for tests.</summary>
internal static class Sounds
{
    /// <summary>White noise from -1 to 1.</summary>
    public static AudioBuffer Noise(Random random, int channels, int length, int sampleRate)
    {
        var samples = new float[channels][];
        for (int channel = 0; channel < channels; channel++)
        {
            samples[channel] = [.. Enumerable.Range(0, length).Select(_ => (2 * random.NextSingle()) - 1)];
        }

        return AudioBuffer.FromPlanar(samples, sampleRate);
    }

    /// <summary>The same sine in each channel.</summary>
    public static AudioBuffer Sine(double frequency, double amplitude, double seconds, int sampleRate, int channels = 1, double phase = 0)
    {
        var samples = new float[(int)Math.Round(seconds * sampleRate)];
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = (float)(amplitude * Math.Sin((2 * Math.PI * frequency * i / sampleRate) + phase));
        }

        return AudioBuffer.FromPlanar([.. Enumerable.Repeat(samples, channels)], sampleRate);
    }
}
