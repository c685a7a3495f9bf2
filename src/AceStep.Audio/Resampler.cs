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

/// <summary>
/// Resamples a sound that comes in blocks, in memory that depends on the block's size only. The blocks that
/// come out, joined, are what <see cref="Resampler.Resample"/> makes of the whole, bit for bit.
/// </summary>
/// <remarks>Not thread-safe. The output lags behind the input by six periods of the lower rate.</remarks>
public sealed class StreamingResampler
{
    private readonly ResamplingKernel? _kernel;
    private readonly float[][] _history;
    private readonly int _sourceRate;
    private readonly int _targetRate;

    /// <summary>Index in the sound of the first sample kept in <see cref="_history"/>.</summary>
    private long _historyStart;
    private int _historyLength;
    private long _produced;
    private bool _finished;

    /// <summary>Starts a sound.</summary>
    /// <param name="sourceRate">Samples per second of what comes in, 1 to <see cref="AudioBuffer.MaxSampleRate"/>.</param>
    /// <param name="targetRate">Samples per second of what goes out, 1 to <see cref="AudioBuffer.MaxSampleRate"/>.</param>
    /// <param name="channels">The number of channels, 1 to <see cref="AudioBuffer.MaxChannels"/>.</param>
    public StreamingResampler(int sourceRate, int targetRate, int channels)
    {
        Resampler.CheckRate(sourceRate, nameof(sourceRate));
        Resampler.CheckRate(targetRate, nameof(targetRate));
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(channels, AudioBuffer.MaxChannels);
        _sourceRate = sourceRate;
        _targetRate = targetRate;
        _history = AudioBuffer.NewPlanar(channels, 0);
        if (sourceRate != targetRate)
        {
            _kernel = KernelCache.Get(sourceRate, targetRate);
            // Before the first sample there is silence.
            _historyStart = -_kernel.Width;
            AppendSilence(_kernel.Width);
        }
    }

    /// <summary>Takes the next block and returns what can be computed so far; may be empty.</summary>
    /// <exception cref="ArgumentException">The block's rate or channel count is not the one that was announced.</exception>
    /// <exception cref="InvalidOperationException">The sound was already finished.</exception>
    public AudioBuffer Push(AudioBuffer block)
    {
        ArgumentNullException.ThrowIfNull(block);
        ThrowIfFinished();
        if (block.SampleRate != _sourceRate || block.Channels != _history.Length)
        {
            throw new ArgumentException(
                $"{_history.Length} channels at {_sourceRate} Hz were announced; the block has {block.Channels} at {block.SampleRate} Hz.", nameof(block));
        }

        if (_kernel is null)
        {
            return block;
        }

        Reserve(block.Length);
        for (int channel = 0; channel < _history.Length; channel++)
        {
            block.Channel(channel).CopyTo(_history[channel].AsSpan(_historyLength));
        }

        _historyLength += block.Length;
        return Produce(long.MaxValue);
    }

    /// <summary>Ends the sound and returns the rest.</summary>
    /// <exception cref="InvalidOperationException">The sound was already finished.</exception>
    public AudioBuffer Finish()
    {
        ThrowIfFinished();
        _finished = true;
        if (_kernel is null)
        {
            return new AudioBuffer(AudioBuffer.NewPlanar(_history.Length, 0), _targetRate);
        }

        long length = _kernel.OutputLength(_historyStart + _historyLength);
        // After the last sample there is silence.
        AppendSilence(_kernel.Width + _kernel.Source + _kernel.TapCount);
        return Produce(length);
    }

    /// <summary>Computes the outputs before <paramref name="end"/> whose inputs are all there.</summary>
    private AudioBuffer Produce(long end)
    {
        int count = checked((int)(_kernel!.OutputsWithin(_historyStart + _historyLength, _produced, end) - _produced));
        float[][] output = AudioBuffer.NewPlanar(_history.Length, count);
        for (int channel = 0; channel < output.Length; channel++)
        {
            _kernel.Apply(_history[channel].AsSpan(0, _historyLength), _historyStart, _produced, output[channel]);
        }

        _produced += count;
        Forget((int)(_kernel.FirstInput(_produced) - _historyStart));
        return new AudioBuffer(output, _targetRate);
    }

    /// <summary>Drops the oldest samples, which no later output needs.</summary>
    private void Forget(int count)
    {
        count = Math.Min(count, _historyLength);
        foreach (float[] channel in _history)
        {
            channel.AsSpan(count, _historyLength - count).CopyTo(channel);
        }

        _historyStart += count;
        _historyLength -= count;
    }

    private void AppendSilence(int count)
    {
        Reserve(count);
        foreach (float[] channel in _history)
        {
            channel.AsSpan(_historyLength, count).Clear();
        }

        _historyLength += count;
    }

    private void Reserve(int count)
    {
        int needed = checked(_historyLength + count);
        for (int channel = 0; channel < _history.Length; channel++)
        {
            if (_history[channel].Length < needed)
            {
                Array.Resize(ref _history[channel], needed);
            }
        }
    }

    private void ThrowIfFinished()
    {
        if (_finished)
        {
            throw new InvalidOperationException("The sound was already finished; start another resampler for another sound.");
        }
    }
}
