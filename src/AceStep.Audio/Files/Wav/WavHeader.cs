using System.Buffers.Binary;
using System.Text;
using AceStep.Audio.Files.Reading;

namespace AceStep.Audio.Files.Wav;

/// <summary>What the chunks of a WAV file say: the format, where the samples lie, the tags.</summary>
internal sealed record WavHeader
{
    /// <summary>The most chunks that are read: without a limit, a long file of empty chunks would keep the reader busy to its end.</summary>
    private const int MaxChunks = 10_000;

    /// <summary>Longer text chunks are not titles and comments.</summary>
    private const int MaxInfoBytes = StreamWindow.Most;

    /// <summary>The longest fmt and fact chunks that libsndfile is given.</summary>
    private const int LongestFormat = 4096;

    /// <summary>The size that says "see ds64".</summary>
    private const uint UnknownSize = 0xFFFFFFFF;

    private const ushort TagPcm = 1;
    private const ushort TagFloat = 3;
    private const ushort TagExtensible = 0xFFFE;

    /// <summary>What libsndfile decodes: MS and IMA ADPCM, A-law, µ-law, GSM 6.10, G.721, NMS ADPCM, MP3.</summary>
    private static readonly ushort[] Compressed = [0x02, 0x06, 0x07, 0x11, 0x31, 0x38, 0x40, 0x55];

    /// <summary>The end of every sub-format GUID whose first two bytes are a format tag.</summary>
    internal static ReadOnlySpan<byte> SubFormatTail => [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

    /// <summary>How samples are stored; null where they are compressed, for libsndfile to read.</summary>
    public required SampleEncoding? Encoding { get; init; }

    public required int SampleRate { get; init; }

    public required int Channels { get; init; }

    /// <summary>Where the first sample lies in the stream.</summary>
    public required long DataStart { get; init; }

    /// <summary>Bytes of samples, all of them there; whole frames where they are not compressed.</summary>
    public required long DataLength { get; init; }

    public required AudioTags Tags { get; init; }

    /// <summary>What compressed samples are decoded with: the fmt chunk and, where there is one, the fact chunk, with their headers.</summary>
    public required IReadOnlyList<Splice> FormatChunks { get; init; }

    public int FrameSize => Channels * PcmCodec.BytesPerSample(Encoding!.Value);

    /// <summary>Reads the chunks of a file.</summary>
    /// <exception cref="AudioFormatException">The file is damaged or in a form that is not read.</exception>
    public static WavHeader Parse(StreamWindow bytes, SoundExtent extent, string name, List<AudioWarning> warnings) =>
        new Parser(bytes, extent, name, warnings).Parse();

    /// <summary>The file as libsndfile is to see it: what it decodes with and the samples, with true sizes and nothing else.</summary>
    public IReadOnlyList<Splice> ForLibrary()
    {
        long length = 4 + FormatChunks.Sum(chunk => chunk.Length) + 8 + DataLength;
        var head = new byte[12];
        "RIFF"u8.CopyTo(head);
        BinaryPrimitives.WriteUInt32LittleEndian(head.AsSpan(4), (uint)Math.Min(length, uint.MaxValue));
        "WAVE"u8.CopyTo(head.AsSpan(8));
        var data = new byte[8];
        "data"u8.CopyTo(data);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), (uint)Math.Min(DataLength, uint.MaxValue));
        return [Splice.Of(head), .. FormatChunks, Splice.Of(data), new Splice(DataStart, DataLength)];
    }

    private sealed class Parser(StreamWindow bytes, SoundExtent extent, string name, List<AudioWarning> warnings)
    {
        private const int ChunkHeaderLength = 8;

        private readonly long _length = bytes.End - extent.Start;
        private readonly List<Splice> _formatChunks = [];
        private (SampleEncoding? Encoding, int SampleRate, int Channels, int FrameSize)? _format;
        private (long Start, long Length)? _data;
        private long? _dataLength64;
        private string? _title;
        private string? _comment;

        public WavHeader Parse()
        {
            ReadOnlySpan<byte> head = Read(0, 12, "header");
            bool is64 = head[..4].SequenceEqual("RF64"u8) || head[..4].SequenceEqual("BW64"u8);
            if (head[..4].SequenceEqual("RIFX"u8))
            {
                throw Error("big-endian WAV (RIFX) is not read; convert it to WAV");
            }

            if (!(is64 || head[..4].SequenceEqual("RIFF"u8)) || !head[8..].SequenceEqual("WAVE"u8))
            {
                throw Error("not a WAV file");
            }

            ReadChunks(is64, ChunkHeaderLength + BinaryPrimitives.ReadUInt32LittleEndian(head[4..]));
            var (encoding, sampleRate, channels, frameSize) = _format ?? throw Error("the fmt chunk is missing");
            var (start, length) = _data ?? throw Error("the data chunk is missing");
            if (encoding is not null && length % frameSize != 0)
            {
                warnings.Add(WarningTexts.PartialFrame(name, length % frameSize, frameSize));
                length -= length % frameSize;
            }

            return new WavHeader
            {
                Encoding = encoding,
                SampleRate = sampleRate,
                Channels = channels,
                DataStart = extent.Start + start,
                DataLength = length,
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

                if (_data is not null && isEndKnown && position >= end)
                {
                    return;
                }

                ReadOnlySpan<byte> head = Read(position, ChunkHeaderLength, "chunk header");
                position += ChunkHeaderLength;
                uint size32 = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
                bool isData = head[..4].SequenceEqual("data"u8);
                long left = _length - position;
                long size = isData ? DataSize(size32, position, is64) : size32;
                if (size > left && _data is not null)
                {
                    // All of the sound is there; what follows it is cut, or no chunk.
                    return;
                }

                if (size > left && !(isData && size - left < (_format?.FrameSize ?? 0)))
                {
                    throw Error($"truncated: the '{Printable(head[..4])}' chunk claims {size} bytes, the file has {left} left");
                }

                size = Math.Min(size, left);
                ReadChunk(System.Text.Encoding.Latin1.GetString(head[..4]), position, size);
                position += size + (size & 1);
            }
        }

        private long DataSize(uint size, long position, bool is64)
        {
            if (is64)
            {
                return size != UnknownSize ? size : _dataLength64 ?? throw Error("RF64 without a ds64 chunk before the samples");
            }

            // Zero may be meant: then another chunk follows, or nothing.
            long untagged = extent.End - extent.Start - position;
            bool isOpen = size == 0 ? untagged > 0 && !IsChunk(position) : OpenSize.Is(size, _length - position);
            return isOpen ? untagged : size;
        }

        /// <summary>Whether a chunk that fits into the file stands at a place.</summary>
        private bool IsChunk(long position)
        {
            ReadOnlySpan<byte> head = bytes.At(extent.Start + position, ChunkHeaderLength);
            return head.Length == ChunkHeaderLength
                && head[..4].IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0
                && BinaryPrimitives.ReadUInt32LittleEndian(head[4..]) <= _length - position - ChunkHeaderLength;
        }

        private void ReadChunk(string id, long position, long size)
        {
            switch (id)
            {
                case "fmt ":
                    _format = _format is null ? ReadFormat(position, size) : throw Error("a second fmt chunk: the format changes midway");
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
                long start = extent.Start + position - ChunkHeaderLength;
                _formatChunks.Add(new Splice(start, ChunkHeaderLength + size + (size & 1)));
            }
        }

        private (SampleEncoding? Encoding, int SampleRate, int Channels, int FrameSize) ReadFormat(long position, long size)
        {
            if (size < 16)
            {
                throw Error($"the fmt chunk has {size} bytes; it must have at least 16");
            }

            ReadOnlySpan<byte> format = Read(position, (int)Math.Min(size, 40), "fmt chunk");
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

            SampleEncoding? encoding = (tag, bits) switch
            {
                (TagPcm, 8) => SampleEncoding.Pcm8,
                (TagPcm, 16) => SampleEncoding.Pcm16,
                (TagPcm, 24) => SampleEncoding.Pcm24,
                (TagPcm, 32) => SampleEncoding.Pcm32,
                (TagFloat, 32) => SampleEncoding.Float32,
                (TagFloat, 64) => SampleEncoding.Float64,
                (TagPcm or TagFloat, _) => throw Error($"samples of {bits} bits are not read, only 8, 16, 24 and 32 bits of PCM and 32 and 64 of floating point"),
                _ when Compressed.Contains(tag) => null,
                _ => throw Error($"samples in WAV encoding 0x{tag:X4} are not read"),
            };
            FormatRules.CheckShape(name, sampleRate, channels);
            return encoding is not { } known || frameSize == channels * PcmCodec.BytesPerSample(known)
                ? (encoding, (int)sampleRate, channels, frameSize)
                : throw Error($"frames of {frameSize} bytes do not fit {channels} channels of {bits} bits");
        }

        private void ReadSizes(long position, long size)
        {
            const int Sizes = 28;
            if (size < Sizes)
            {
                throw Error($"the ds64 chunk has {size} bytes; it must have at least {Sizes}");
            }

            ReadOnlySpan<byte> sizes = Read(position, Sizes, "ds64 chunk");
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(sizes[8..]);
            _dataLength64 = length <= long.MaxValue ? (long)length : throw Error($"the ds64 chunk claims {length} bytes of samples");
        }

        private void ReadInfo(long position, int size)
        {
            ReadOnlySpan<byte> info = Read(position, size, "LIST chunk");
            if (!info[..4].SequenceEqual("INFO"u8))
            {
                return;
            }

            ReadOnlySpan<byte> rest = info[4..];
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

        private static string? Text(ReadOnlySpan<byte> text8)
        {
            int end = text8.IndexOf((byte)0);
            string text = System.Text.Encoding.UTF8.GetString(end < 0 ? text8 : text8[..end]);
            return text.Length == 0 ? null : text;
        }

        /// <summary>Bytes at a place after the file's start, valid until the next call.</summary>
        private ReadOnlySpan<byte> Read(long position, int count, string what)
        {
            ReadOnlySpan<byte> read = bytes.At(extent.Start + position, count);
            return read.Length == count ? read : throw Error($"truncated in its {what}");
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
