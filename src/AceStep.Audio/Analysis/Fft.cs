namespace AceStep.Audio.Analysis;

/// <summary>Power spectra of Hann-windowed frames, by the radix-2 Fourier transform. Not thread-safe.</summary>
internal sealed class Fft
{
    private readonly float[] _window;
    private readonly float[] _cosines;
    private readonly float[] _sines;
    private readonly int[] _reversed;
    private readonly float[] _real;
    private readonly float[] _imaginary;
    private readonly float _scale;

    /// <param name="size">Samples per frame, a power of two.</param>
    public Fft(int size)
    {
        Size = size;
        _window = [.. Enumerable.Range(0, size).Select(i => (float)(0.5 - (0.5 * Math.Cos(2 * Math.PI * i / size))))];
        _cosines = [.. Enumerable.Range(0, size / 2).Select(i => (float)Math.Cos(2 * Math.PI * i / size))];
        _sines = [.. Enumerable.Range(0, size / 2).Select(i => (float)-Math.Sin(2 * Math.PI * i / size))];
        _reversed = new int[size];
        for (int i = 1; i < size; i++)
        {
            _reversed[i] = (_reversed[i / 2] / 2) + ((i & 1) * size / 2);
        }

        _real = new float[size];
        _imaginary = new float[size];
        float sum = _window.Sum() / 2;
        _scale = 1 / (sum * sum);
    }

    /// <summary>Samples per frame.</summary>
    public int Size { get; }

    /// <summary>Values per spectrum: from 0 Hz to half the sample rate, both included.</summary>
    public int Bins => (Size / 2) + 1;

    /// <summary>
    /// The power of each frequency, scaled so that a sine of amplitude 1 in the middle of a bin gives 1.
    /// </summary>
    /// <param name="frame">At most <see cref="Size"/> samples; what is missing counts as silence.</param>
    /// <param name="power">Receives <see cref="Bins"/> values.</param>
    public void PowerSpectrum(ReadOnlySpan<float> frame, Span<float> power)
    {
        for (int i = 0; i < Size; i++)
        {
            int source = _reversed[i];
            _real[i] = source < frame.Length ? frame[source] * _window[source] : 0;
        }

        Array.Clear(_imaginary);
        Transform();
        for (int bin = 0; bin < Bins; bin++)
        {
            float value = _scale * ((_real[bin] * _real[bin]) + (_imaginary[bin] * _imaginary[bin]));
            // Samples far beyond full scale pass the largest number on the way.
            power[bin] = float.IsFinite(value) ? value : float.MaxValue;
        }
    }

    private void Transform()
    {
        for (int half = 1; half < Size; half *= 2)
        {
            int step = Size / (2 * half);
            for (int start = 0; start < Size; start += 2 * half)
            {
                for (int i = 0; i < half; i++)
                {
                    int low = start + i;
                    int high = low + half;
                    float cosine = _cosines[i * step];
                    float sine = _sines[i * step];
                    float real = (cosine * _real[high]) - (sine * _imaginary[high]);
                    float imaginary = (cosine * _imaginary[high]) + (sine * _real[high]);
                    _real[high] = _real[low] - real;
                    _imaginary[high] = _imaginary[low] - imaginary;
                    _real[low] += real;
                    _imaginary[low] += imaginary;
                }
            }
        }
    }
}

/// <summary>Prepares sounds for measurements that a single NaN would make worthless.</summary>
internal static class FiniteSamples
{
    /// <summary>The sound with zeros in place of NaN and infinities, and how many they were.</summary>
    public static (AudioBuffer Audio, long Replaced) Of(AudioBuffer audio)
    {
        float[][]? cleaned = null;
        long replaced = 0;
        for (int channel = 0; channel < audio.Channels; channel++)
        {
            ReadOnlySpan<float> samples = audio.Channel(channel);
            for (int at = NextWrong(samples, 0); at >= 0; at = NextWrong(samples, at + 1))
            {
                cleaned ??= [.. Enumerable.Range(0, audio.Channels).Select(index => audio.Channel(index).ToArray())];
                cleaned[channel][at] = 0;
                replaced++;
            }
        }

        return (cleaned is null ? audio : new AudioBuffer(cleaned, audio.SampleRate), replaced);
    }

    private static int NextWrong(ReadOnlySpan<float> samples, int start)
    {
        int offset = samples[start..].IndexOfAnyExceptInRange(float.MinValue, float.MaxValue);
        return offset < 0 ? -1 : start + offset;
    }
}
