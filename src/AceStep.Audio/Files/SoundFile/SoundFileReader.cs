using System.Buffers.Binary;

namespace AceStep.Audio.Files.SoundFile;

/// <summary>Reads AIFF, FLAC, Vorbis, Opus and MP3 files through libsndfile.</summary>
internal sealed class SoundFileReader : AudioReader
{
    private readonly Stream _stream;
    private readonly bool _leaveOpen;
    private readonly SoundFileHandle _handle;
    private long _read;
    private bool _ended;

    private SoundFileReader(Stream stream, bool leaveOpen, SoundFileHandle handle, AudioFileInfo info, string name)
        : base(info, name)
    {
        _stream = stream;
        _leaveOpen = leaveOpen;
        _handle = handle;
    }

    /// <summary>Opens a file that starts where the (seekable) stream stands, whose first bytes are those of the format.</summary>
    public static SoundFileReader Open(Stream stream, bool leaveOpen, AudioFormat expected, string name)
    {
        AudioLibrary.Require(expected);
        switch (expected)
        {
            case AudioFormat.Aiff:
                CheckAiffLength(stream, name);
                break;
            case AudioFormat.Vorbis or AudioFormat.Opus:
                OggScan.Check(stream, name);
                break;
            case AudioFormat.Mp3:
                Mp3Scan.Check(stream, name);
                break;
        }

        var info = default(Native.Info);
        SoundFileHandle handle;
        try
        {
            handle = new SoundFileHandle(stream, Native.ModeRead, ref info);
        }
        catch (SoundFileException exception)
        {
            throw new AudioFormatException($"{name}: not a {expected} file that can be read: {exception.Message}.", exception);
        }

        try
        {
            AudioFormat format = SoundFileFormat.FormatOf(info.Format)
                ?? throw new AudioFormatException($"{name}: audio of libsndfile's kind 0x{info.Format:X} is not read.");
            FormatRules.CheckShape(name, info.SampleRate, info.Channels);
            return new SoundFileReader(stream, leaveOpen, handle, InfoOf(format, info, handle), name);
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

        // The lengths of lossy files may be estimates; these say theirs exactly.
        if (_ended && Info.Encoding is not null && Info.Length is { } length && _read < length)
        {
            throw new AudioFormatException($"{Name}: truncated: it claims {length} samples per channel and holds {_read}.");
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
                _stream.Dispose();
            }
        }
    }

    /// <summary>libsndfile reads as much of a truncated AIFF file as there is, without a word.</summary>
    private static void CheckAiffLength(Stream stream, string name)
    {
        long start = stream.Position;
        Span<byte> head = stackalloc byte[8];
        stream.ReadExactly(head);
        stream.Position = start;
        uint claimed = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        if (claimed > stream.Length - start - head.Length)
        {
            throw new AudioFormatException($"{name}: truncated: it claims {claimed} bytes and has {stream.Length - start - head.Length}.");
        }
    }

    private static AudioFileInfo InfoOf(AudioFormat format, Native.Info info, SoundFileHandle handle) => new()
    {
        Format = format,
        Encoding = SoundFileFormat.EncodingOf(info.Format),
        SampleRate = info.SampleRate,
        Channels = info.Channels,
        Length = info.Frames is >= 0 and < Native.UnknownLength ? info.Frames : null,
        Tags = new AudioTags { Title = handle.GetString(Native.StringTitle), Comment = handle.GetString(Native.StringComment) },
    };
}
