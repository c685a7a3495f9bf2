namespace AceStep.Audio;

/// <summary>
/// Reads an audio file from front to back in pieces, so that its length does not decide how much memory it
/// takes. Not thread-safe. <see cref="AudioFile.OpenRead(string, CancellationToken)"/> makes one.
/// </summary>
public abstract class AudioReader : IDisposable
{
    /// <summary>Samples per piece where much is wanted, of all channels together: 256 KiB.</summary>
    private const int BlockSamples = 65536;

    private protected AudioReader(AudioFileInfo info, string name, IReadOnlyList<AudioWarning> warnings)
    {
        Info = info;
        Name = name;
        Warnings = warnings;
    }

    /// <summary>What the file says of itself.</summary>
    public AudioFileInfo Info { get; }

    /// <summary>What is left out of the sound or is missing from it; known from the start.</summary>
    public IReadOnlyList<AudioWarning> Warnings { get; }

    /// <summary>The file, as errors name it.</summary>
    private protected string Name { get; }

    /// <summary>Decodes the next frames.</summary>
    /// <param name="interleaved">Receives whole frames; its length must be a multiple of the channel count.</param>
    /// <returns>The number of frames; fewer than asked for, down to 0, only at the end.</returns>
    /// <exception cref="AudioFormatException">The file is damaged.</exception>
    public int Read(Span<float> interleaved)
    {
        if (interleaved.Length % Info.Channels != 0)
        {
            throw new ArgumentException(
                $"{interleaved.Length} samples are not whole frames of {Info.Channels} channels.", nameof(interleaved));
        }

        return interleaved.IsEmpty ? 0 : ReadFrames(interleaved);
    }

    /// <summary>Decodes the next frames into a buffer of their own.</summary>
    /// <param name="maximumLength">The most samples per channel, at least 1.</param>
    /// <returns>The next part of the sound; shorter than asked for, down to empty, only at the end.</returns>
    /// <exception cref="AudioFormatException">The file is damaged.</exception>
    public AudioBuffer ReadBlock(int maximumLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maximumLength, 1);
        // Memory follows what the file really holds, never what it claims to hold.
        float[][] planar = AudioBuffer.NewPlanar(Info.Channels, (int)Math.Min(maximumLength, CertainFrames));
        int blockFrames = Math.Min(maximumLength, BlockSamples / Info.Channels);
        var interleaved = new float[blockFrames * Info.Channels];
        int length = 0;
        while (length < maximumLength)
        {
            int wanted = Math.Min(maximumLength - length, blockFrames);
            int frames = Read(interleaved.AsSpan(0, wanted * Info.Channels));
            if (length + frames > planar[0].Length)
            {
                Resize(planar, (int)Math.Min(maximumLength, Math.Max(length + frames, 2L * planar[0].Length)));
            }

            Interleaving.Split(interleaved.AsSpan(0, frames * Info.Channels), planar, length);
            length += frames;
            if (frames < wanted)
            {
                break;
            }
        }

        Resize(planar, length);
        return new AudioBuffer(planar, Info.SampleRate);
    }

    /// <summary>Decodes all that is left.</summary>
    /// <exception cref="AudioFormatException">The file is damaged, or longer than a buffer can be.</exception>
    public AudioBuffer ReadToEnd()
    {
        AudioBuffer audio = ReadBlock(Array.MaxLength);
        return audio.Length < Array.MaxLength
            ? audio
            : throw new AudioFormatException($"{Name}: longer than the {Array.MaxLength} samples per channel that a buffer can hold.");
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>How many of the frames left are known to be there, before any is decoded.</summary>
    private protected virtual long CertainFrames => 0;

    /// <summary>Closes what the reader holds.</summary>
    private protected abstract void Dispose(bool disposing);

    /// <summary>Decodes up to as many frames as fit; fewer only at the end.</summary>
    private protected abstract int ReadFrames(Span<float> interleaved);

    private static void Resize(float[][] planar, int length)
    {
        for (int channel = 0; channel < planar.Length; channel++)
        {
            Array.Resize(ref planar[channel], length);
        }
    }
}
