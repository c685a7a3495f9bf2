using AceStep.Audio.Files;

namespace AceStep.Audio;

/// <summary>
/// Writes an audio file piece by piece, so that a long sound need not be in memory at once. Not thread-safe.
/// <see cref="AudioFile.Create(string, int, int, AudioFormat?, AudioSaveOptions?)"/> makes one.
/// </summary>
/// <remarks>
/// The file appears under its name only when <see cref="Complete"/> returns; until then it has a temporary
/// name in the same folder. Disposing of a writer that was not completed removes what was written.
/// </remarks>
public sealed class AudioWriter : IDisposable
{
    /// <summary>Samples per piece, of all channels together, so that the interleaved copy stays small.</summary>
    private const int BlockSamples = 65536;

    private readonly IAudioEncoder _encoder;
    private readonly Action _commit;
    private readonly IDisposable? _target;
    private float[] _interleaved = [];
    private bool _closed;

    internal AudioWriter(IAudioEncoder encoder, int sampleRate, int channels, Action commit, IDisposable? target)
    {
        _encoder = encoder;
        _commit = commit;
        _target = target;
        SampleRate = sampleRate;
        Channels = channels;
    }

    /// <summary>Samples per second of each channel.</summary>
    public int SampleRate { get; }

    /// <summary>The number of channels.</summary>
    public int Channels { get; }

    /// <summary>Appends a sound of this file's rate and channel count.</summary>
    /// <exception cref="ArgumentException">The sound has another rate or channel count.</exception>
    public void Write(AudioBuffer audio)
    {
        ArgumentNullException.ThrowIfNull(audio);
        ObjectDisposedException.ThrowIf(_closed, this);
        if (audio.SampleRate != SampleRate || audio.Channels != Channels)
        {
            throw new ArgumentException(
                $"The file has {Channels} channels at {SampleRate} Hz, the sound {audio.Channels} at {audio.SampleRate} Hz.", nameof(audio));
        }

        int blockFrames = BlockSamples / Channels;
        for (int position = 0; position < audio.Length; position += blockFrames)
        {
            int size = Math.Min(blockFrames, audio.Length - position) * Channels;
            Array.Resize(ref _interleaved, Math.Max(size, _interleaved.Length));
            Interleaving.Join(audio, position, _interleaved.AsSpan(0, size));
            _encoder.Write(_interleaved.AsSpan(0, size));
        }
    }

    /// <summary>Ends the file and gives it its name. Nothing can be written afterwards.</summary>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        _encoder.Complete();
        _commit();
        Dispose();
    }

    /// <summary>Closes the file; removes it if <see cref="Complete"/> was not called.</summary>
    public void Dispose()
    {
        _closed = true;
        _encoder.Dispose();
        _target?.Dispose();
    }
}
