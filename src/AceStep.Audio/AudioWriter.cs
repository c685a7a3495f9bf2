namespace AceStep.Audio;

/// <summary>
/// Writes an audio file piece by piece, so that a long sound need not be in memory at once. Not thread-safe.
/// <see cref="AudioFile.Create(string, int, int, AudioFormat?, AudioSaveOptions?)"/> makes one.
/// </summary>
/// <remarks>
/// The file appears under its name only when <see cref="Complete"/> returns; until then it has a temporary
/// name in the same folder. Disposing of a writer that was not completed removes what was written. Of a symbolic link, what it
/// points to is written; a pipe or a device gets all of the file at the end.
/// </remarks>
public sealed class AudioWriter : IDisposable
{
    /// <summary>
    /// Samples that reach the encoder at once, of all channels together. It is always so many, because some
    /// encoders decide by what they have at hand: the file must not depend on how the sound was cut into pieces.
    /// </summary>
    private const int BlockSamples = 65536;

    private readonly IAudioEncoder _encoder;
    private readonly AudioFormat _format;
    private readonly OutputFile? _file;
    private readonly float[] _block;
    private int _blockLength;
    private bool _isEmpty = true;
    private bool _closed;

    /// <param name="encoder">The encoder; disposed of with the writer.</param>
    /// <param name="format">What it encodes.</param>
    /// <param name="sampleRate">Samples per second.</param>
    /// <param name="channels">The number of channels.</param>
    /// <param name="file">The file that gets its name at the end, or null for a stream of the caller's.</param>
    internal AudioWriter(IAudioEncoder encoder, AudioFormat format, int sampleRate, int channels, OutputFile? file)
    {
        _encoder = encoder;
        _format = format;
        _file = file;
        _block = new float[BlockSamples / channels * channels];
        SampleRate = sampleRate;
        Channels = channels;
    }

    /// <summary>Samples per second of each channel.</summary>
    public int SampleRate { get; }

    /// <summary>The number of channels.</summary>
    public int Channels { get; }

    /// <summary>Appends a sound of this file's rate and channel count.</summary>
    /// <exception cref="ArgumentException">The sound has another rate or channel count.</exception>
    /// <exception cref="IOException">The file cannot be written: the disk is full, ...</exception>
    public void Write(AudioBuffer audio)
    {
        ArgumentNullException.ThrowIfNull(audio);
        Write(audio, 0, audio.Length);
    }

    /// <summary>Appends a part of a sound.</summary>
    internal void Write(AudioBuffer audio, int start, int count)
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (audio.SampleRate != SampleRate || audio.Channels != Channels)
        {
            throw new ArgumentException(
                $"The file has {Channels} channels at {SampleRate} Hz, the sound {audio.Channels} at {audio.SampleRate} Hz.", nameof(audio));
        }

        int end = start + count;
        for (int position = start; position < end;)
        {
            int length = Math.Min((_block.Length - _blockLength) / Channels, end - position);
            Interleaving.Join(audio, position, _block.AsSpan(_blockLength, length * Channels));
            _blockLength += length * Channels;
            position += length;
            if (_blockLength == _block.Length)
            {
                Flush();
            }
        }
    }

    /// <summary>Ends the file and gives it its name. Nothing can be written afterwards.</summary>
    /// <exception cref="InvalidOperationException">Nothing was written, and only WAV and AIFF can hold that.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Complete()
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        Flush();
        if (_isEmpty && _format is not (AudioFormat.Wav or AudioFormat.Aiff))
        {
            throw new InvalidOperationException($"A {_format} file holds at least one sample, and none was written.");
        }

        Do(() =>
        {
            _encoder.Complete();
            _file?.Commit();
        });
        Dispose();
    }

    /// <summary>Closes the file; removes it if <see cref="Complete"/> was not called.</summary>
    public void Dispose()
    {
        _closed = true;
        _encoder.Dispose();
        _file?.Dispose();
    }

    private void Flush()
    {
        if (_blockLength > 0)
        {
            Do(() => _encoder.Write(_block.AsSpan(0, _blockLength)));
            _blockLength = 0;
            _isEmpty = false;
        }
    }

    /// <summary>What goes wrong with the file is told under its own name, not under the temporary one.</summary>
    private void Do(Action step)
    {
        try
        {
            step();
        }
        catch (Exception error) when (_file is not null && OutputFile.IsFailure(error))
        {
            throw _file.Rename(error);
        }
    }
}

/// <summary>Turns interleaved samples into the bytes of one format. Our own WAV writer is one, libsndfile the other.</summary>
internal interface IAudioEncoder : IDisposable
{
    /// <summary>Encodes whole frames.</summary>
    void Write(ReadOnlySpan<float> interleaved);

    /// <summary>Writes what comes at the end. The stream underneath stays open.</summary>
    void Complete();
}
