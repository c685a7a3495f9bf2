using NAudio.Wave;

namespace AceStep.Audio;

/// <summary>Sounds to and from <see cref="ISampleProvider"/>, which NAudio plays, mixes, resamples and records.</summary>
public static class SampleProviders
{
    /// <summary>The longest sound that <see cref="ToAudioBuffer"/> reads where nothing else is asked for: one hour.</summary>
    public static readonly TimeSpan LongestSound = TimeSpan.FromHours(1);

    private const int BlockFrames = 4096;

    /// <summary>Plays a sound from its beginning. Each provider has a place of its own; the sound is not copied.</summary>
    public static AudioBufferSampleProvider ToSampleProvider(this AudioBuffer audio)
    {
        ArgumentNullException.ThrowIfNull(audio);
        return new AudioBufferSampleProvider(audio);
    }

    /// <summary>Plays a file while it is decoded. The reader stays the caller's, to dispose of after playing.</summary>
    public static ISampleProvider ToSampleProvider(this AudioReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return new ReaderSampleProvider(reader);
    }

    /// <summary>Reads a provider to its end.</summary>
    /// <param name="provider">The provider; whole frames, as all of NAudio's give them.</param>
    /// <param name="longest">The longest sound to read; <see cref="LongestSound"/> by default. Some providers never end.</param>
    /// <exception cref="InvalidOperationException">The provider gives more than that.</exception>
    /// <exception cref="ArgumentException">The provider has a rate or channels that no buffer has.</exception>
    public static AudioBuffer ToAudioBuffer(this ISampleProvider provider, TimeSpan? longest = null)
    {
        ArgumentNullException.ThrowIfNull(provider);
        (int channels, int sampleRate) = (provider.WaveFormat.Channels, provider.WaveFormat.SampleRate);
        if (channels is < 1 or > AudioBuffer.MaxChannels)
        {
            throw new ArgumentException($"A buffer has 1 to {AudioBuffer.MaxChannels} channels, not {channels}.", nameof(provider));
        }

        TimeSpan limit = longest ?? LongestSound;
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, TimeSpan.Zero, nameof(longest));
        long most = (long)Math.Min(limit.TotalSeconds * sampleRate, Array.MaxLength / channels) * channels;
        List<float> samples = [];
        var block = new float[BlockFrames * channels];
        for (int read; (read = provider.Read(block)) > 0;)
        {
            samples.AddRange(block.AsSpan(0, read));
            if (samples.Count > most)
            {
                throw new InvalidOperationException($"The provider gives more than {limit.TotalSeconds:0.###} s of sound; take a part of it, or allow more.");
            }
        }

        return AudioBuffer.FromInterleaved(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(samples), channels, sampleRate);
    }

    private sealed class ReaderSampleProvider(AudioReader reader) : ISampleProvider
    {
        public WaveFormat WaveFormat { get; } = WaveFormat.CreateIeeeFloatWaveFormat(reader.Info.SampleRate, reader.Info.Channels);

        public int Read(Span<float> buffer)
        {
            int channels = reader.Info.Channels;
            return channels * reader.Read(buffer[..(buffer.Length / channels * channels)]);
        }
    }
}

/// <summary>A sound as NAudio reads it: 32-bit floating point, the channels of a frame side by side. Not thread-safe.</summary>
public sealed class AudioBufferSampleProvider : ISampleProvider
{
    private readonly AudioBuffer _audio;
    private int _position;

    /// <param name="audio">The sound.</param>
    public AudioBufferSampleProvider(AudioBuffer audio)
    {
        ArgumentNullException.ThrowIfNull(audio);
        _audio = audio;
        WaveFormat = WaveFormat.CreateIeeeFloatWaveFormat(audio.SampleRate, audio.Channels);
    }

    /// <summary>The sound's rate and channels.</summary>
    public WaveFormat WaveFormat { get; }

    /// <summary>The next frame to play, 0 to the sound's length.</summary>
    public int Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, _audio.Length);
            _position = value;
        }
    }

    /// <summary>Gives the next frames, as many whole ones as there is room for.</summary>
    /// <returns>The samples given; 0 at the end.</returns>
    public int Read(Span<float> buffer)
    {
        int channels = _audio.Channels;
        int frames = Math.Min(buffer.Length / channels, _audio.Length - _position);
        for (int channel = 0; channel < channels; channel++)
        {
            ReadOnlySpan<float> source = _audio.Channel(channel).Slice(_position, frames);
            for (int frame = 0; frame < frames; frame++)
            {
                buffer[(frame * channels) + channel] = source[frame];
            }
        }

        _position += frames;
        return frames * channels;
    }
}
