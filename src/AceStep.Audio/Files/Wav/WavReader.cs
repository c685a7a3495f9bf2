namespace AceStep.Audio.Files.Wav;

/// <summary>Reads WAV, RIFX and RF64 files of PCM and floating-point samples.</summary>
internal sealed class WavReader : AudioReader
{
    private readonly Stream _stream;
    private readonly bool _leaveOpen;
    private readonly WavHeader _header;
    private byte[] _bytes = [];
    private long _bytesLeft;

    /// <param name="stream">The file, which can seek.</param>
    /// <param name="leaveOpen">Whether it stays open.</param>
    /// <param name="header">What its chunks say; the samples are not compressed.</param>
    /// <param name="name">The file, as errors name it.</param>
    /// <param name="warnings">What was left out.</param>
    public WavReader(Stream stream, bool leaveOpen, WavHeader header, string name, IReadOnlyList<AudioWarning> warnings)
        : base(InfoOf(header), name, warnings)
    {
        _stream = stream;
        _leaveOpen = leaveOpen;
        _header = header;
        _bytesLeft = header.DataLength;
        _stream.Position = header.DataStart;
    }

    private protected override long CertainFrames => _bytesLeft / _header.FrameSize;

    private protected override int ReadFrames(Span<float> interleaved)
    {
        int frames = (int)Math.Min(interleaved.Length / _header.Channels, CertainFrames);
        int size = checked(frames * _header.FrameSize);
        Array.Resize(ref _bytes, Math.Max(size, _bytes.Length));
        Span<byte> bytes = _bytes.AsSpan(0, size);
        if (_stream.ReadAtLeast(bytes, size, throwOnEndOfStream: false) < size)
        {
            throw new AudioFormatException($"{Name}: the file became shorter while it was read.");
        }

        _bytesLeft -= size;
        if (_header.IsBigEndian)
        {
            PcmCodec.TurnBytes(_header.Encoding!.Value, bytes);
        }

        PcmCodec.Decode(_header.Encoding!.Value, bytes, interleaved[..(frames * _header.Channels)]);
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
