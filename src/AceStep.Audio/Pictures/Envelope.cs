using System.Numerics.Tensors;

namespace AceStep.Audio.Pictures;

/// <summary>The lowest and highest sample of each column of a waveform's picture.</summary>
internal static class Envelope
{
    /// <param name="audio">The sound; all its channels from <paramref name="firstChannel"/> to before <paramref name="endChannel"/> count.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="firstChannel">The first channel.</param>
    /// <param name="endChannel">The channel after the last.</param>
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
                ReadOnlySpan<float> part = audio.Channel(channel)[start..end];
                low = Math.Min(low, TensorPrimitives.Min(part));
                high = Math.Max(high, TensorPrimitives.Max(part));
            }

            envelope[column] = (low, high);
        }

        return envelope;
    }
}
