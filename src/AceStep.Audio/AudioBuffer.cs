namespace AceStep.Audio;

/// <summary>
/// Sound in memory: planar float32 samples, nominally from -1 to 1, with a sample rate. Immutable, so any
/// number of threads may read one buffer.
/// </summary>
/// <remarks>
/// More than two channels are in the order of WAV files (front left, front right, centre, low frequencies,
/// back left, back right, side left, side right); files in another order are reordered when they are read
/// and written.
/// </remarks>
public sealed class AudioBuffer
{
    /// <summary>The most channels a buffer holds.</summary>
    public const int MaxChannels = 64;

    /// <summary>The highest sample rate a buffer has, in Hz.</summary>
    public const int MaxSampleRate = 768_000;

    private readonly float[][] _channels;

    /// <summary>Takes the arrays as they are: the caller must not write to them again.</summary>
    internal AudioBuffer(float[][] channels, int sampleRate)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleRate, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sampleRate, MaxSampleRate);
        if (channels.Length is < 1 or > MaxChannels)
        {
            throw new ArgumentException($"A buffer has 1 to {MaxChannels} channels, not {channels.Length}.", nameof(channels));
        }

        if (Array.Find(channels, channel => channel.Length != channels[0].Length) is { } odd)
        {
            throw new ArgumentException(
                $"All channels must have the same length; one has {odd.Length} samples, the first {channels[0].Length}.", nameof(channels));
        }

        _channels = channels;
        SampleRate = sampleRate;
    }

    /// <summary>Samples per second of each channel, 1 to <see cref="MaxSampleRate"/> Hz.</summary>
    public int SampleRate { get; }

    /// <summary>The number of channels, 1 to <see cref="MaxChannels"/>.</summary>
    public int Channels => _channels.Length;

    /// <summary>Samples per channel; may be zero.</summary>
    public int Length => _channels[0].Length;

    /// <summary>How long the sound lasts.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds((double)Length / SampleRate);

    /// <summary>The samples of one channel.</summary>
    /// <param name="index">0 to <see cref="Channels"/> - 1.</param>
    public ReadOnlySpan<float> Channel(int index) => _channels[index];

    /// <summary>Copies one array per channel.</summary>
    /// <param name="channels">1 to <see cref="MaxChannels"/> arrays of equal length.</param>
    /// <param name="sampleRate">Samples per second, 1 to <see cref="MaxSampleRate"/>.</param>
    /// <exception cref="ArgumentException">The arrays differ in length, or there are none or too many.</exception>
    public static AudioBuffer FromPlanar(IReadOnlyList<float[]> channels, int sampleRate)
    {
        ArgumentNullException.ThrowIfNull(channels);
        return new AudioBuffer([.. channels.Select(channel => channel.AsSpan().ToArray())], sampleRate);
    }

    /// <summary>Copies samples that lie channel after channel, as a contiguous tensor [channels, time] has them.</summary>
    /// <param name="samples">All of the first channel, then all of the next.</param>
    /// <param name="channels">How many channels there are, 1 to <see cref="MaxChannels"/>.</param>
    /// <param name="sampleRate">Samples per second, 1 to <see cref="MaxSampleRate"/>.</param>
    /// <exception cref="ArgumentException">The samples do not divide evenly among the channels.</exception>
    public static AudioBuffer FromPlanar(ReadOnlySpan<float> samples, int channels, int sampleRate)
    {
        int length = LengthOf(samples.Length, channels);
        var planar = new float[channels][];
        for (int channel = 0; channel < channels; channel++)
        {
            planar[channel] = samples.Slice(channel * length, length).ToArray();
        }

        return new AudioBuffer(planar, sampleRate);
    }

    /// <summary>Copies samples that lie frame after frame, as audio files have them.</summary>
    /// <param name="samples">The first sample of every channel, then the second of every channel.</param>
    /// <param name="channels">How many channels there are, 1 to <see cref="MaxChannels"/>.</param>
    /// <param name="sampleRate">Samples per second, 1 to <see cref="MaxSampleRate"/>.</param>
    /// <exception cref="ArgumentException">The samples do not divide evenly among the channels.</exception>
    public static AudioBuffer FromInterleaved(ReadOnlySpan<float> samples, int channels, int sampleRate)
    {
        float[][] planar = NewPlanar(channels, LengthOf(samples.Length, channels));
        Interleaving.Split(samples, planar, 0);
        return new AudioBuffer(planar, sampleRate);
    }

    /// <summary>A copy of the samples, channel after channel: [channels, time].</summary>
    public float[] ToPlanar()
    {
        var samples = new float[checked(Channels * Length)];
        for (int channel = 0; channel < Channels; channel++)
        {
            _channels[channel].CopyTo(samples, channel * Length);
        }

        return samples;
    }

    /// <summary>A copy of the samples, frame after frame: [time, channels].</summary>
    public float[] ToInterleaved()
    {
        var samples = new float[checked(Channels * Length)];
        Interleaving.Join(this, 0, samples);
        return samples;
    }

    /// <summary>A copy of part of the sound.</summary>
    /// <param name="start">The first sample, 0 to <see cref="Length"/>.</param>
    /// <param name="length">Samples per channel, at most <see cref="Length"/> - <paramref name="start"/>.</param>
    public AudioBuffer Slice(int start, int length) =>
        new([.. _channels.Select(channel => channel.AsSpan(start, length).ToArray())], SampleRate);

    /// <summary>Joins sounds of the same rate and channel count end to end.</summary>
    /// <exception cref="ArgumentException">There are no parts, or they differ in rate or channel count.</exception>
    public static AudioBuffer Concatenate(IReadOnlyList<AudioBuffer> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        if (parts.Count == 0)
        {
            throw new ArgumentException("There is nothing to join.", nameof(parts));
        }

        AudioBuffer first = parts[0];
        if (parts.FirstOrDefault(part => part.SampleRate != first.SampleRate || part.Channels != first.Channels) is { } odd)
        {
            throw new ArgumentException(
                $"All parts must have {first.Channels} channels at {first.SampleRate} Hz; one has {odd.Channels} at {odd.SampleRate} Hz.",
                nameof(parts));
        }

        float[][] joined = NewPlanar(first.Channels, checked(parts.Sum(part => part.Length)));
        int position = 0;
        foreach (AudioBuffer part in parts)
        {
            for (int channel = 0; channel < joined.Length; channel++)
            {
                part._channels[channel].CopyTo(joined[channel], position);
            }

            position += part.Length;
        }

        return new AudioBuffer(joined, first.SampleRate);
    }

    /// <summary>One channel: the mean of all.</summary>
    public AudioBuffer ToMono() => Channels == 1 ? this : ChannelMix.Mean(this);

    /// <summary>
    /// Two channels. One channel is doubled; three to eight are mixed down as ITU-R BS.775 does (centre and
    /// surround at -3 dB, no low-frequency channel), scaled so that the mix cannot exceed the loudest input.
    /// </summary>
    /// <exception cref="NotSupportedException">There are more than eight channels, whose places are not known.</exception>
    public AudioBuffer ToStereo() => Channels == 2 ? this : ChannelMix.Stereo(this);

    /// <inheritdoc cref="AudioFile.Load(string)"/>
    public static AudioBuffer Load(string path) => AudioFile.Load(path);

    /// <inheritdoc cref="AudioFile.Load(Stream)"/>
    public static AudioBuffer Load(Stream stream) => AudioFile.Load(stream);

    /// <summary>
    /// Writes the sound to a file whose extension names the format, as <see cref="AudioFile.Save(AudioBuffer, string, AudioFormat?, AudioSaveOptions?)"/> does.
    /// </summary>
    public void Save(string path, AudioSaveOptions? options = null) => AudioFile.Save(this, path, null, options);

    /// <summary>Writes the sound to a stream, as <see cref="AudioFile.Save(AudioBuffer, Stream, AudioFormat, AudioSaveOptions?)"/> does.</summary>
    public void Save(Stream stream, AudioFormat format, AudioSaveOptions? options = null) => AudioFile.Save(this, stream, format, options);

    /// <summary>
    /// Writes the sound to a file, as <see cref="AudioFile.SaveAsync(AudioBuffer, string, AudioFormat?, AudioSaveOptions?, CancellationToken)"/> does.
    /// </summary>
    public Task SaveAsync(string path, AudioSaveOptions? options = null, CancellationToken cancellationToken = default) =>
        AudioFile.SaveAsync(this, path, null, options, cancellationToken);

    /// <summary>
    /// Writes the sound to a stream by asynchronous writes alone, as <see cref="AudioFile.SaveAsync(AudioBuffer, Stream, AudioFormat, AudioSaveOptions?, CancellationToken)"/> does.
    /// </summary>
    public Task SaveAsync(Stream stream, AudioFormat format, AudioSaveOptions? options = null, CancellationToken cancellationToken = default) =>
        AudioFile.SaveAsync(this, stream, format, options, cancellationToken);

    /// <summary>The bytes of the sound's file, as <see cref="AudioFile.Encode"/> gives them.</summary>
    public byte[] Encode(AudioFormat format, AudioSaveOptions? options = null) => AudioFile.Encode(this, format, options);

    /// <inheritdoc/>
    public override string ToString() => $"{Channels} x {Length} samples at {SampleRate} Hz ({Duration.TotalSeconds:0.###} s)";

    internal static float[][] NewPlanar(int channels, int length)
    {
        var planar = new float[channels][];
        for (int channel = 0; channel < channels; channel++)
        {
            planar[channel] = new float[length];
        }

        return planar;
    }

    private static int LengthOf(int samples, int channels)
    {
        if (channels is < 1 or > MaxChannels || samples % channels != 0)
        {
            throw new ArgumentException($"{samples} samples cannot be divided among {channels} channels.", nameof(channels));
        }

        return samples / channels;
    }
}
