namespace AceStep.Audio.Files.Reading;

/// <summary>A piece of a <see cref="SplicedStream"/>: a range of the stream underneath, or bytes in place of it.</summary>
/// <param name="Start">Where the range begins.</param>
/// <param name="Length">Its length.</param>
/// <param name="Bytes">The bytes that stand there instead; null for those of the stream.</param>
internal readonly record struct Splice(long Start, long Length, byte[]? Bytes = null)
{
    public static Splice Of(byte[] bytes) => new(0, bytes.Length, bytes);
}

/// <summary>
/// Parts of a stream joined to one: what a decoder is to see of a file, without tags, garbage and wrong sizes. Does not own the
/// stream underneath.
/// </summary>
internal sealed class SplicedStream : Stream
{
    private readonly Stream _source;
    private readonly Splice[] _splices;
    private readonly long[] _ends;
    private long _position;

    public SplicedStream(Stream source, IEnumerable<Splice> splices)
    {
        _source = source;
        _splices = [.. splices.Where(splice => splice.Length > 0)];
        _ends = new long[_splices.Length];
        long end = 0;
        for (int i = 0; i < _splices.Length; i++)
        {
            _ends[i] = end += _splices[i].Length;
        }

        Length = end;
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position
    {
        get => _position;
        set => _position = value >= 0 ? value : throw new IOException("A position must not be before the start of the stream.");
    }

    public override int Read(Span<byte> buffer)
    {
        if (_position >= Length || buffer.IsEmpty)
        {
            return 0;
        }

        int index = Array.BinarySearch(_ends, _position + 1);
        index = index < 0 ? ~index : index;
        Splice splice = _splices[index];
        long left = _ends[index] - _position;
        long offset = splice.Length - left;
        Span<byte> wanted = buffer[..(int)Math.Min(buffer.Length, left)];
        int read;
        if (splice.Bytes is { } bytes)
        {
            bytes.AsSpan((int)offset, wanted.Length).CopyTo(wanted);
            read = wanted.Length;
        }
        else
        {
            // Only where it differs, because setting it empties a file's buffer.
            if (_source.Position != splice.Start + offset)
            {
                _source.Position = splice.Start + offset;
            }

            read = _source.Read(wanted);
        }

        _position += read;
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) =>
        Position = offset + (origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => _position, _ => Length });

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>Short looks at any place of a stream, through one buffer.</summary>
internal sealed class StreamWindow(Stream stream)
{
    /// <summary>The most bytes of one look.</summary>
    public const int Most = 1 << 16;

    private readonly byte[] _buffer = new byte[2 * Most];
    private long _start;
    private int _length;

    /// <summary>Where the stream ends.</summary>
    public long End { get; } = stream.Length;

    /// <summary>The bytes from a place on, valid until the next call; fewer than asked for only at the end.</summary>
    /// <param name="position">The place.</param>
    /// <param name="count">How many, at most <see cref="Most"/>.</param>
    public ReadOnlySpan<byte> At(long position, int count)
    {
        if (position < 0 || position >= End)
        {
            return [];
        }

        int wanted = (int)Math.Min(count, End - position);
        if (position < _start || position + wanted > _start + _length)
        {
            stream.Position = position;
            _start = position;
            _length = stream.ReadAtLeast(_buffer, _buffer.Length, throwOnEndOfStream: false);
        }

        int offset = (int)(position - _start);
        return _buffer.AsSpan(offset, Math.Min(wanted, Math.Max(_length - offset, 0)));
    }
}
