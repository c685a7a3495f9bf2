using System.Buffers.Binary;
using System.Text;
using AceStep.Audio.Files.Reading;

namespace AceStep.Audio.Files.Wav;

/// <summary>Walks through the chunks of a WAV file: RIFF, its big-endian form RIFX, and RF64 and BW64 for more than 4 GiB.</summary>
internal sealed class WavParser(StreamWindow bytes, SoundExtent extent, string name, List<AudioWarning> warnings)
{
    /// <summary>A file of nothing but empty chunks would otherwise keep the reader busy for as long as it is.</summary>
    private const int MaxChunks = 10_000;

    /// <summary>Longer text chunks are not titles and comments.</summary>
    private const int MaxInfoBytes = StreamWindow.Most;

    /// <summary>The longest fmt and fact chunks that libsndfile is given.</summary>
    private const int LongestFormat = 4096;

    /// <summary>The size that says "see ds64".</summary>
    private const uint UnknownSize = 0xFFFFFFFF;

    private const int ChunkHeaderLength = 8;

    private readonly long _length = bytes.End - extent.Start;
    private readonly List<Splice> _formatChunks = [];
    private bool _isBigEndian;
    private WavFormat? _format;
    private (long Start, long Length)? _data;
    private ulong? _dataLength64;
    private string? _title;
    private string? _comment;

    /// <exception cref="AudioFormatException">The file is damaged or in a form that is not read.</exception>
    public WavHeader Parse()
    {
        ReadOnlySpan<byte> head = Read(0, 12, "header");
        bool is64 = head.StartsWith("RF64"u8) || head.StartsWith("BW64"u8);
        _isBigEndian = head.StartsWith("RIFX"u8);
        if (!(is64 || _isBigEndian || head.StartsWith("RIFF"u8)) || !head[8..].SequenceEqual("WAVE"u8))
        {
            throw Error("not a WAV file");
        }

        ReadChunks(is64, ChunkHeaderLength + Size(head[4..]));
        WavFormat format = _format ?? throw Error("the fmt chunk is missing");
        var (start, length) = _data ?? throw Error("the data chunk is missing");
        return new WavHeader
        {
            Encoding = format.Encoding,
            IsBigEndian = _isBigEndian,
            SampleRate = format.SampleRate,
            Channels = format.Channels,
            DataStart = extent.Start + start,
            DataLength = ReadingTexts.WholeFrames(length, format.Encoding is null ? 0 : format.FrameSize, name, warnings),
            Tags = new AudioTags { Title = _title, Comment = _comment },
            FormatChunks = _formatChunks,
        };
    }

    /// <param name="is64">Whether a ds64 chunk has the sizes.</param>
    /// <param name="end">Where the RIFF claims to end. What stands after it is no chunk, but programs that get it wrong have their samples there.</param>
    private void ReadChunks(bool is64, long end)
    {
        bool isEndKnown = !is64 && end > 12 && end <= _length;
        long position = 12;
        for (int count = 0; position + ChunkHeaderLength <= _length; count++)
        {
            if (count == MaxChunks)
            {
                throw Error($"more than {MaxChunks} chunks");
            }

            RequireOneSound(position);
            if (_data is not null && isEndKnown && position >= end)
            {
                return;
            }

            ReadOnlySpan<byte> head = Read(position, ChunkHeaderLength, "chunk header");
            string id = Encoding.Latin1.GetString(head[..4]);
            uint size32 = Size(head[4..]);
            position += ChunkHeaderLength;
            bool isData = id == "data";
            long left = _length - position;
            long size = isData ? DataSize(size32, position, is64) : size32;
            if (size > left && _data is not null)
            {
                // All of the sound is there; what follows it is cut, or no chunk.
                return;
            }

            if (size > left)
            {
                RequireAllButTheLastFrame(id, size, left);
                size = left;
            }

            long next = Next(position, size);
            ReadChunk(id, position, size, next);
            position = next;
        }
    }

    /// <summary>Refuses a file to which another one is joined: what follows the first would be left out.</summary>
    private void RequireOneSound(long position)
    {
        ReadOnlySpan<byte> head = bytes.At(extent.Start + position, 12);
        bool isRiff = head.StartsWith("RIFF"u8) || head.StartsWith("RIFX"u8) || head.StartsWith("RF64"u8) || head.StartsWith("BW64"u8);
        if (isRiff && head.Length == 12 && head[8..].SequenceEqual("WAVE"u8))
        {
            throw Error(ReadingTexts.SecondSound(position));
        }
    }

    /// <summary>Refuses a cut file, unless nothing but a part of the last frame (of compressed samples: block) is missing.</summary>
    private void RequireAllButTheLastFrame(string id, long size, long left)
    {
        if (id != "data" || size - left >= (_format?.FrameSize ?? 0))
        {
            throw Error($"truncated: the '{Printable(id)}' chunk claims {size} bytes, the file has {left} left");
        }

        if (_format is { Encoding: null, FrameSize: var block })
        {
            warnings.Add(ReadingTexts.PartialFrame(name, block - (size - left), block));
        }
    }

    /// <summary>Where the chunk after one begins: at an even place, unless a program forgot the byte that makes it even.</summary>
    private long Next(long position, long size)
    {
        long next = position + size;
        return (size & 1) == 0 || (!IsChunk(next + 1) && IsChunk(next)) ? next : next + 1;
    }

    private long DataSize(uint size, long position, bool is64)
    {
        // What a file is tagged with after its end is no sound.
        long untagged = extent.End - extent.Start - position;
        if (is64 && size == UnknownSize)
        {
            ulong length = _dataLength64 ?? throw Error("RF64 without a ds64 chunk before the samples");
            return (length == 0 && !IsChunk(position)) || length > long.MaxValue ? untagged : (long)length;
        }

        // Zero may be meant: then another chunk follows, or nothing.
        bool isOpen = size == 0 ? untagged > 0 && !IsChunk(position) : OpenSize.Is(size, _length - position);
        return isOpen ? untagged : size;
    }

    /// <summary>Whether a chunk that fits into the file stands at a place.</summary>
    private bool IsChunk(long position)
    {
        ReadOnlySpan<byte> head = bytes.At(extent.Start + position, ChunkHeaderLength);
        return head.Length == ChunkHeaderLength
            && head[..4].IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0
            && Size(head[4..]) <= _length - position - ChunkHeaderLength;
    }

    private void ReadChunk(string id, long position, long size, long next)
    {
        switch (id)
        {
            case "fmt ":
                WavFormat format = WavFormat.Read(Read(position, (int)Math.Min(size, WavFormat.Longest), "fmt chunk"), _isBigEndian, name);
                _format = _format is null || _format == format ? format : throw Error("a second fmt chunk: the format changes midway");
                break;
            case "data" when _format is null:
                throw Error("the samples come before the fmt chunk");
            case "data":
                _data = _data is null ? (position, size) : throw Error("a second data chunk");
                break;
            case "ds64":
                ReadSizes(position, size);
                break;
            case "LIST" when size is >= 4 and <= MaxInfoBytes:
                ReadInfo(position, (int)size);
                break;
        }

        if (id is "fmt " or "fact" && size <= LongestFormat)
        {
            _formatChunks.Add(new Splice(extent.Start + position - ChunkHeaderLength, ChunkHeaderLength + next - position));
        }
    }

    private void ReadSizes(long position, long size)
    {
        const int Sizes = 28;
        _dataLength64 = size >= Sizes
            ? BinaryPrimitives.ReadUInt64LittleEndian(Read(position, Sizes, "ds64 chunk")[8..])
            : throw Error($"the ds64 chunk has {size} bytes; it must have at least {Sizes}");
    }

    private void ReadInfo(long position, int size)
    {
        ReadOnlySpan<byte> info = Read(position, size, "LIST chunk");
        if (!info.StartsWith("INFO"u8))
        {
            return;
        }

        ReadOnlySpan<byte> rest = info[4..];
        while (rest.Length >= ChunkHeaderLength)
        {
            ReadOnlySpan<byte> id = rest[..4];
            uint length = Size(rest[4..]);
            rest = rest[ChunkHeaderLength..];
            if (length > rest.Length)
            {
                return;
            }

            if (id.SequenceEqual("INAM"u8))
            {
                _title = Text(rest[..(int)length]);
            }
            else if (id.SequenceEqual("ICMT"u8))
            {
                _comment = Text(rest[..(int)length]);
            }

            rest = rest[(int)Math.Min(length + (length & 1), rest.Length)..];
        }
    }

    private static string? Text(ReadOnlySpan<byte> text8)
    {
        int end = text8.IndexOf((byte)0);
        string text = Encoding.UTF8.GetString(end < 0 ? text8 : text8[..end]);
        return text.Length == 0 ? null : text;
    }

    private uint Size(ReadOnlySpan<byte> size) => _isBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(size) : BinaryPrimitives.ReadUInt32LittleEndian(size);

    /// <summary>Bytes at a place after the file's start, valid until the next call.</summary>
    private ReadOnlySpan<byte> Read(long position, int count, string what)
    {
        ReadOnlySpan<byte> read = bytes.At(extent.Start + position, count);
        return read.Length == count ? read : throw Error($"truncated in its {what}");
    }

    private static string Printable(string id) => string.Concat(id.Select(letter => letter is >= ' ' and <= '~' ? letter : '?'));

    private AudioFormatException Error(string what) => new($"{name}: {what}.");
}
