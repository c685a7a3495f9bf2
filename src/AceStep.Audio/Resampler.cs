using AceStep.Audio.Resampling;

namespace AceStep.Audio;

/// <summary>
/// Changes the sample rate, as torchaudio's default resampler does (a Hann-windowed sinc of six zero crossings,
/// cut off at 99 %), to the rounding of float32. May be called from any number of threads.
/// </summary>
public static class Resampler
{
    /// <summary>Resamples a whole sound. <see cref="StreamingResampler"/> does the same block by block.</summary>
    /// <param name="audio">The sound.</param>
    /// <param name="sampleRate">The new rate, 1 to <see cref="AudioBuffer.MaxSampleRate"/> Hz.</param>
    /// <returns>ceil(length * new rate / old rate) samples per channel; <paramref name="audio"/> itself where the rates are equal.</returns>
    /// <exception cref="ArgumentException">The result is longer than a buffer can be.</exception>
    public static AudioBuffer Resample(AudioBuffer audio, int sampleRate)
    {
        ArgumentNullException.ThrowIfNull(audio);
        CheckRate(sampleRate, nameof(sampleRate));
        if (audio.SampleRate == sampleRate)
        {
            return audio;
        }

        ResamplingKernel kernel = KernelCache.Get(audio.SampleRate, sampleRate);
        long length = kernel.OutputLength(audio.Length);
        long paddedLength = (long)audio.Length + (2 * kernel.Width) + kernel.TapCount;
        if (Math.Max(length, paddedLength) > Array.MaxLength)
        {
            throw new ArgumentException(
                $"{audio.Length} samples at {audio.SampleRate} Hz become {length} at {sampleRate} Hz; a buffer holds {Array.MaxLength}.", nameof(audio));
        }

        // Silence before the first sample and after the last.
        var padded = new float[paddedLength];
        float[][] output = AudioBuffer.NewPlanar(audio.Channels, (int)length);
        for (int channel = 0; channel < audio.Channels; channel++)
        {
            audio.Channel(channel).CopyTo(padded.AsSpan(kernel.Width));
            kernel.Apply(padded, -kernel.Width, 0, output[channel]);
        }

        return new AudioBuffer(output, sampleRate);
    }

    internal static void CheckRate(int rate, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rate, 1, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rate, AudioBuffer.MaxSampleRate, name);
    }
}
