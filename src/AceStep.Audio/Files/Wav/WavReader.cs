namespace AceStep.Audio.Files.Wav;

/// <summary>Reads WAV and RF64 files of PCM and floating-point samples.</summary>
internal sealed class WavReader : AudioReader
{
    private readonly Stream _stream;
    private readonly bool _leaveOpen;
    private readonly WavHeader _header;
    private byte[] _bytes = [];
    private long _bytesLeft;

    private WavReader(Stream stream, bool leaveOpen, WavHeader header, string name)
        : base(InfoOf(header), name)
    {
        _stream = stream;
        _leaveOpen = leaveOpen;
        _header = header;
        _bytesLeft = header.DataLength;
        _stream.Position = header.DataStart;
    }

    private protected override long CertainFrames => _bytesLeft / _header.FrameSize;

    /// <summary>Opens a file that starts where the (seekable) stream stands.</summary>
    public static WavReader Open(Stream stream, bool leaveOpen, string name) =>
        new(stream, leaveOpen, WavHeader.Parse(stream, name), name);

    private protected override int ReadFrames(Span<float> interleaved)
    {
        int frames = (int)Math.Min(interleaved.Length / _header.Channels, CertainFrames);
        int size = checked(frames * _header.FrameSize);
        Array.Resize(ref _bytes, Math.Max(size, _bytes.Length));
        Span<byte> bytes = _bytes.AsSpan(0, size);
        if (_stream.ReadAtLeast(bytes, size, throwOnEndOfStream: false) < size)
        {
            throw new AudioFormatException($"{Name}: it became shorter while it was read.");
        }

        _bytesLeft -= size;
        PcmCodec.Decode(_header.Encoding, bytes, interleaved[..(frames * _header.Channels)]);
        return frames;
    }

    private protected override void Dispose(bool disposing)
    {
        if (!_leaveOpen)
        {
            _stream.Dispose();
        }
    }

    private static AudioFileInfo InfoOf(WavHeader header) => new()
    {
        Format = AudioFormat.Wav,
        Encoding = header.Encoding,
        SampleRate = header.SampleRate,
        Channels = header.Channels,
        Length = header.DataLength / header.FrameSize,
        Tags = header.Tags,
    };
}
