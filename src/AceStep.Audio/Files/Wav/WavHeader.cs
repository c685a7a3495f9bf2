using System.Buffers.Binary;
using System.Text;

namespace AceStep.Audio.Files.Wav;

/// <summary>What the chunks of a WAV file say: the format, where the samples lie, the tags.</summary>
internal sealed record WavHeader
{
    /// <summary>A file of nothing but empty chunks would otherwise keep the reader busy for as long as it is.</summary>
    private const int MaxChunks = 10_000;

    /// <summary>Longer text chunks are not titles and comments.</summary>
    private const int MaxInfoBytes = 1 << 20;

    /// <summary>The size that says "see ds64", or, in plain RIFF, "as long as the file is".</summary>
    private const uint UnknownSize = 0xFFFFFFFF;

    private const ushort TagPcm = 1;
    private const ushort TagFloat = 3;
    private const ushort TagExtensible = 0xFFFE;

    /// <summary>The end of every sub-format GUID whose first two bytes are a format tag.</summary>
    internal static ReadOnlySpan<byte> SubFormatTail => [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

    public required SampleEncoding Encoding { get; init; }

    public required int SampleRate { get; init; }

    public required int Channels { get; init; }

    /// <summary>Offset of the first sample from the file's start.</summary>
    public required long DataStart { get; init; }

    /// <summary>Bytes of samples: whole frames, and all of them there.</summary>
    public required long DataLength { get; init; }

    public required AudioTags Tags { get; init; }

    public int FrameSize => Channels * PcmCodec.BytesPerSample(Encoding);

    /// <summary>Reads the chunks of a file that starts where the stream stands.</summary>
    /// <exception cref="AudioFormatException">The file is damaged or in a form that is not read.</exception>
    public static WavHeader Parse(Stream stream, string name) => new Parser(stream, name).Parse();

    private sealed class Parser(Stream stream, string name)
    {
        private readonly long _origin = stream.Position;
        private readonly long _length = stream.Length - stream.Position;
        private (SampleEncoding Encoding, int SampleRate, int Channels)? _format;
        private (long Start, long Length)? _data;
        private long? _dataLength64;
        private string? _title;
        private string? _comment;

        public WavHeader Parse()
        {
            Span<byte> head = stackalloc byte[12];
            ReadAt(0, head, "header");
            bool is64 = head[..4].SequenceEqual("RF64"u8) || head[..4].SequenceEqual("BW64"u8);
            if (head[..4].SequenceEqual("RIFX"u8))
            {
                throw Error("big-endian WAV (RIFX) is not read; convert it to WAV");
            }

            if (!(is64 || head[..4].SequenceEqual("RIFF"u8)) || !head[8..].SequenceEqual("WAVE"u8))
            {
                throw Error("not a WAV file");
            }

            ReadChunks(is64);
            var (encoding, sampleRate, channels) = _format ?? throw Error("the fmt chunk is missing");
            var (start, length) = _data ?? throw Error("the data chunk is missing");
            int frameSize = channels * PcmCodec.BytesPerSample(encoding);
            return length % frameSize == 0
                ? new WavHeader
                {
                    Encoding = encoding,
                    SampleRate = sampleRate,
                    Channels = channels,
                    DataStart = _origin + start,
                    DataLength = length,
                    Tags = new AudioTags { Title = _title, Comment = _comment },
                }
                : throw Error($"{length} bytes of samples are not whole frames of {frameSize} bytes");
        }

        private void ReadChunks(bool is64)
        {
            Span<byte> head = stackalloc byte[8];
            long position = 12;
            // Up to seven bytes after the last chunk are padding that some programs leave.
            for (int count = 0; position + head.Length <= _length; count++)
            {
                if (count == MaxChunks)
                {
                    throw Error($"more than {MaxChunks} chunks");
                }

                ReadAt(position, head, "chunk header");
                position += head.Length;
                uint size32 = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
                bool isData = head[..4].SequenceEqual("data"u8);
                long size = isData ? DataSize(size32, position, is64) : size32;
                if (size > _length - position)
                {
                    throw Error($"truncated: the '{Printable(head[..4])}' chunk claims {size} bytes, the file has {_length - position} left");
                }

                ReadChunk(head[..4], position, size);
                position += size + (size & 1);
            }
        }

        private long DataSize(uint size, long position, bool is64)
        {
            if (is64)
            {
                return size != UnknownSize ? size : _dataLength64 ?? throw Error("RF64 without a ds64 chunk before the samples");
            }

            // Programs that write to a pipe cannot know the size.
            return size == UnknownSize ? _length - position : size;
        }

        private void ReadChunk(ReadOnlySpan<byte> id, long position, long size)
        {
            if (id.SequenceEqual("fmt "u8))
            {
                _format = _format is null ? ReadFormat(position, size) : throw Error("a second fmt chunk: the format changes midway");
            }
            else if (id.SequenceEqual("data"u8))
            {
                if (_format is null)
                {
                    throw Error("the samples come before the fmt chunk");
                }

                _data = _data is null ? (position, size) : throw Error("a second data chunk");
            }
            else if (id.SequenceEqual("ds64"u8))
            {
                ReadSizes(position, size);
            }
            else if (id.SequenceEqual("LIST"u8) && size is >= 4 and <= MaxInfoBytes)
            {
                ReadInfo(position, (int)size);
            }
        }

        private (SampleEncoding Encoding, int SampleRate, int Channels) ReadFormat(long position, long size)
        {
            if (size < 16)
            {
                throw Error($"the fmt chunk has {size} bytes; it must have at least 16");
            }

            Span<byte> format = stackalloc byte[40];
            format = format[..(int)Math.Min(size, format.Length)];
            ReadAt(position, format, "fmt chunk");
            ushort tag = BinaryPrimitives.ReadUInt16LittleEndian(format);
            int channels = BinaryPrimitives.ReadUInt16LittleEndian(format[2..]);
            uint sampleRate = BinaryPrimitives.ReadUInt32LittleEndian(format[4..]);
            int frameSize = BinaryPrimitives.ReadUInt16LittleEndian(format[12..]);
            int bits = BinaryPrimitives.ReadUInt16LittleEndian(format[14..]);
            if (tag == TagExtensible)
            {
                if (format.Length < 40 || !format[26..].SequenceEqual(SubFormatTail))
                {
                    throw Error("an extensible format without a known sub-format");
                }

                tag = BinaryPrimitives.ReadUInt16LittleEndian(format[24..]);
            }

            SampleEncoding encoding = (tag, bits) switch
            {
                (TagPcm, 8) => SampleEncoding.Pcm8,
                (TagPcm, 16) => SampleEncoding.Pcm16,
                (TagPcm, 24) => SampleEncoding.Pcm24,
                (TagPcm, 32) => SampleEncoding.Pcm32,
                (TagFloat, 32) => SampleEncoding.Float32,
                (TagFloat, 64) => SampleEncoding.Float64,
                _ => throw Error($"samples of {bits} bits in WAV encoding 0x{tag:X4} are not read, only 8 to 32 bits of PCM (1) and 32 or 64 of float (3)"),
            };
            FormatRules.CheckShape(name, sampleRate, channels);
            return frameSize == channels * PcmCodec.BytesPerSample(encoding)
                ? (encoding, (int)sampleRate, channels)
                : throw Error($"frames of {frameSize} bytes do not fit {channels} channels of {bits} bits");
        }

        private void ReadSizes(long position, long size)
        {
            Span<byte> sizes = stackalloc byte[28];
            if (size < sizes.Length)
            {
                throw Error($"the ds64 chunk has {size} bytes; it must have at least {sizes.Length}");
            }

            ReadAt(position, sizes, "ds64 chunk");
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(sizes[8..]);
            _dataLength64 = length <= long.MaxValue ? (long)length : throw Error($"the ds64 chunk claims {length} bytes of samples");
        }

        private void ReadInfo(long position, int size)
        {
            var info = new byte[size];
            ReadAt(position, info, "LIST chunk");
            if (!info.AsSpan(0, 4).SequenceEqual("INFO"u8))
            {
                return;
            }

            ReadOnlySpan<byte> rest = info.AsSpan(4);
            while (rest.Length >= 8)
            {
                ReadOnlySpan<byte> id = rest[..4];
                uint length = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
                rest = rest[8..];
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

        private static string? Text(ReadOnlySpan<byte> bytes)
        {
            int end = bytes.IndexOf((byte)0);
            string text = System.Text.Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
            return text.Length == 0 ? null : text;
        }

        private void ReadAt(long position, Span<byte> bytes, string what)
        {
            stream.Position = _origin + position;
            if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            {
                throw Error($"truncated in its {what}");
            }
        }

        private static string Printable(ReadOnlySpan<byte> id)
        {
            var text = new StringBuilder();
            foreach (byte letter in id)
            {
                text.Append(letter is >= 32 and < 127 ? (char)letter : '?');
            }

            return text.ToString();
        }

        private AudioFormatException Error(string what) => new($"{name}: {what}.");
    }
}
