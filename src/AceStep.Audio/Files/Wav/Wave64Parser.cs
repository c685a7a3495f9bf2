using System.Buffers.Binary;
using System.Text;
using AceStep.Audio.Files.Reading;

namespace AceStep.Audio.Files.Wav;

/// <summary>
/// Walks through the chunks of a Wave64 file (.w64): a WAV file whose chunks have names of 16 bytes, sizes of 8 bytes that count
/// their own header, and places that are multiples of 8.
/// </summary>
internal sealed class Wave64Parser(StreamWindow bytes, SoundExtent extent, string name, List<AudioWarning> warnings)
{
    private const int MaxChunks = 10_000;
    private const int IdLength = 16;
    private const int ChunkHeaderLength = IdLength + 8;
    private const int FileHeaderLength = ChunkHeaderLength + IdLength;

    /// <summary>The longest fmt and fact chunks that libsndfile is given.</summary>
    private const int LongestFormat = 4096;

    private readonly List<Splice> _formatChunks = [];
    private WavFormat? _format;
    private (long Start, long Length)? _data;

    /// <summary>The file's first name.</summary>
    public static ReadOnlySpan<byte> Mark => [(byte)'r', (byte)'i', (byte)'f', (byte)'f', 0x2E, 0x91, 0xCF, 0x11, 0xA5, 0xD6, 0x28, 0xDB, 0x04, 0xC1, 0, 0];

    /// <summary>The end of every other name, whose first four bytes are those of WAV.</summary>
    private static ReadOnlySpan<byte> IdTail => [0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1, 0, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A];

    /// <exception cref="AudioFormatException">The file is damaged or in a form that is not read.</exception>
    public WavHeader Parse()
    {
        ReadOnlySpan<byte> head = bytes.At(extent.Start, FileHeaderLength);
        if (head.Length < FileHeaderLength || !head.StartsWith(Mark) || IdOf(head[ChunkHeaderLength..]) != "wave")
        {
            throw Error("not a Wave64 file");
        }

        ReadChunks();
        WavFormat format = _format ?? throw Error("the fmt chunk is missing");
        var (start, length) = _data ?? throw Error("the data chunk is missing");
        return new WavHeader
        {
            Encoding = format.Encoding,
            IsBigEndian = false,
            SampleRate = format.SampleRate,
            Channels = format.Channels,
            DataStart = start,
            DataLength = ReadingTexts.WholeFrames(length, format.Encoding is null ? 0 : format.FrameSize, name, warnings),
            Tags = new AudioTags(),
            FormatChunks = _formatChunks,
        };
    }

    private void ReadChunks()
    {
        long position = extent.Start + FileHeaderLength;
        for (int count = 0; bytes.At(position, ChunkHeaderLength) is { Length: ChunkHeaderLength } head; count++)
        {
            if (count == MaxChunks)
            {
                throw Error($"more than {MaxChunks} chunks");
            }

            if (head.StartsWith(Mark))
            {
                throw Error(ReadingTexts.SecondSound(position - extent.Start));
            }

            string? id = IdOf(head);
            ulong claimed = BinaryPrimitives.ReadUInt64LittleEndian(head[IdLength..]);
            long content = position + ChunkHeaderLength;
            long left = bytes.End - content;
            bool isData = id == "data";
            if (isData && IsOpen(claimed, left))
            {
                SetData(content, Math.Max(extent.End - content, 0));
                return;
            }

            bool fits = claimed >= ChunkHeaderLength && claimed - ChunkHeaderLength <= (ulong)left;
            if (!fits && _data is not null)
            {
                // All of the sound is there; what follows it is cut, or no chunk.
                return;
            }

            if (!fits && !(isData && IsAllButTheLastFrame(claimed, left)))
            {
                throw Error($"truncated: the '{id ?? "unknown"}' chunk claims {claimed} bytes with its header, the file has {left} after it");
            }

            long size = fits ? (long)claimed - ChunkHeaderLength : left;
            ReadChunk(id, content, size);
            position = content + ((size + 7) & ~7L);
        }
    }

    /// <summary>Whether a program that could not go back left a size that says nothing: less than the header, the header alone before samples, or the largest number.</summary>
    private bool IsOpen(ulong claimed, long left) =>
        _data is null && (claimed < ChunkHeaderLength || claimed >= OpenSize.FirstImpossible || (claimed == ChunkHeaderLength && left > 0 && !IsChunk(bytes.End - left)));

    private bool IsChunk(long position) => bytes.At(position, IdLength) is { Length: IdLength } id && (IdOf(id) is not null || id.StartsWith(Mark));

    /// <summary>Whether nothing but a part of the last frame (of compressed samples: block) is missing.</summary>
    private bool IsAllButTheLastFrame(ulong claimed, long left)
    {
        long missing = claimed < OpenSize.FirstImpossible ? (long)claimed - ChunkHeaderLength - left : long.MaxValue;
        if (missing < 0 || missing >= (_format?.FrameSize ?? 0))
        {
            return false;
        }

        if (_format is { Encoding: null, FrameSize: var block })
        {
            warnings.Add(ReadingTexts.PartialFrame(name, block - missing, block));
        }

        return true;
    }

    private void ReadChunk(string? id, long content, long size)
    {
        switch (id)
        {
            case "fmt ":
                WavFormat format = WavFormat.Read(bytes.At(content, (int)Math.Min(size, WavFormat.Longest)), isBigEndian: false, name);
                _format = _format is null || _format == format ? format : throw Error("a second fmt chunk: the format changes midway");
                break;
            case "data":
                SetData(content, size);
                break;
        }

        if (id is "fmt " or "fact" && size <= LongestFormat)
        {
            // As chunks of WAV, which is what libsndfile is given.
            var header = new byte[8];
            Encoding.ASCII.GetBytes(id, header);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), (uint)size);
            _formatChunks.AddRange([Splice.Of(header), new Splice(content, size), Splice.Of(new byte[size & 1])]);
        }
    }

    private void SetData(long content, long size)
    {
        if (_format is null)
        {
            throw Error("the samples come before the fmt chunk");
        }

        _data = _data is null ? (content, size) : throw Error("a second data chunk");
    }

    /// <summary>The four letters of a name; null where it is none of those that WAV has.</summary>
    private static string? IdOf(ReadOnlySpan<byte> id) =>
        id[4..IdLength].SequenceEqual(IdTail) && id[..4].IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0 ? Encoding.ASCII.GetString(id[..4]) : null;

    private AudioFormatException Error(string what) => new($"{name}: {what}.");
}
