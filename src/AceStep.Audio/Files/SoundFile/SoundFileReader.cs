namespace AceStep.Audio.Files.SoundFile;

/// <summary>Reads AIFF, AU, CAF, FLAC, Vorbis, Opus, MP3 and compressed WAV files through libsndfile.</summary>
internal sealed class SoundFileReader : AudioReader
{
    private readonly Stream _owner;
    private readonly bool _leaveOpen;
    private readonly SoundFileHandle _handle;
    private long _read;
    private bool _ended;

    private SoundFileReader(Stream owner, bool leaveOpen, SoundFileHandle handle, AudioFileInfo info, string name, IReadOnlyList<AudioWarning> warnings)
        : base(info, name, warnings)
    {
        _owner = owner;
        _leaveOpen = leaveOpen;
        _handle = handle;
    }

    /// <summary>Opens a file.</summary>
    /// <param name="stream">What libsndfile is to see of the file, from its start; can seek.</param>
    /// <param name="owner">The stream to close with the reader.</param>
    /// <param name="leaveOpen">Whether it stays open.</param>
    /// <param name="expected">The format whose first bytes it has.</param>
    /// <param name="name">The file, as errors name it.</param>
    /// <param name="warnings">What was left out.</param>
    /// <param name="tags">The tags where they are known, else null for those that libsndfile finds.</param>
    /// <exception cref="AudioFormatException">libsndfile is missing, or refuses.</exception>
    public static SoundFileReader Open(
        Stream stream, Stream owner, bool leaveOpen, AudioFormat expected, string name, IReadOnlyList<AudioWarning> warnings, AudioTags? tags = null)
    {
        var info = default(Native.Info);
        SoundFileHandle handle;
        try
        {
            AudioLibrary.Require(expected, isCompressed: true);
            handle = new SoundFileHandle(stream, Native.ModeRead, ref info);
        }
        catch (SoundFileException exception)
        {
            throw new AudioFormatException($"{name}: not a {expected} file that can be read: {exception.Message}.", exception);
        }
        catch (Exception exception) when (exception is DllNotFoundException or NotSupportedException)
        {
            throw new AudioFormatException($"{name}: {exception.Message}", exception);
        }

        try
        {
            AudioFormat format = SoundFileFormat.FormatOf(info.Format)
                ?? throw new AudioFormatException($"{name}: the libsndfile format 0x{info.Format:X} is not supported.");
            FormatRules.CheckShape(name, info.SampleRate, info.Channels);
            return new SoundFileReader(owner, leaveOpen, handle, InfoOf(format, info, tags ?? TagsOf(handle)), name, warnings);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    private protected override int ReadFrames(Span<float> interleaved)
    {
        int channels = Info.Channels;
        int total = 0;
        // The lengths of lossy files may be estimates; the others say theirs exactly, and what follows is no sound.
        long? exact = Info.Encoding is null ? null : Info.Length;
        if (exact is { } length && length - _read < interleaved.Length / channels)
        {
            interleaved = interleaved[..(int)(channels * (length - _read))];
        }

        // libsndfile may return less than asked for before the end.
        while (!_ended && total < interleaved.Length)
        {
            int frames;
            try
            {
                frames = _handle.Read(interleaved[total..], channels);
            }
            catch (SoundFileException exception)
            {
                throw new AudioFormatException($"{Name}: damaged after {_read} samples: {exception.Message}.", exception);
            }

            ChannelOrder.FromFile(Info.Format, interleaved.Slice(total, frames * channels), channels);
            total += frames * channels;
            _read += frames;
            _ended = frames == 0;
        }

        if (_ended && _read < exact)
        {
            throw new AudioFormatException($"{Name}: truncated: it claims {exact} samples per channel and holds {_read}.");
        }

        return total / channels;
    }

    private protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _handle.Dispose();
            if (!_leaveOpen)
            {
                _owner.Dispose();
            }
        }
    }

    private static AudioTags TagsOf(SoundFileHandle handle) =>
        new() { Title = handle.GetString(Native.StringTitle), Comment = handle.GetString(Native.StringComment) };

    private static AudioFileInfo InfoOf(AudioFormat format, Native.Info info, AudioTags tags) => new()
    {
        Format = format,
        Encoding = SoundFileFormat.EncodingOf(info.Format),
        SampleRate = info.SampleRate,
        Channels = info.Channels,
        Length = info.Frames is >= 0 and < Native.UnknownLength ? info.Frames : null,
        Tags = tags,
    };
}
