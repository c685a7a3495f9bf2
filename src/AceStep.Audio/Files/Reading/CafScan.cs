using System.Buffers.Binary;
using System.Text;

namespace AceStep.Audio.Files.Reading;

/// <summary>
/// Walks through the chunks of a Core Audio file (CAF) and gives libsndfile those that it needs, the samples last, with the size
/// that they really have. On its own libsndfile gives up at a size that is left open, and reads as much of a cut file as there is.
/// </summary>
internal sealed class CafScan(StreamWindow bytes, SoundExtent extent, string name, List<AudioWarning> warnings)
{
    private const int MostChunks = 10_000;
    private const int FileHeaderLength = 8;
    private const int ChunkHeaderLength = 12;
    private const int DescriptionLength = 32;

    /// <summary>What the samples' chunk has before them: a count of edits.</summary>
    private const int EditCountLength = 4;

    /// <summary>Longer chunks of texts are not titles and comments.</summary>
    private const int MostInfoBytes = 1 << 16;

    /// <summary>The size that says "to the end of the file", which the samples may have.</summary>
    private const long UnknownSize = -1;

    /// <summary>What others keep in CAF.</summary>
    private static readonly (string Id, string Name)[] NotRead =
    [
        ("aac ", "AAC"), ("aach", "AAC"), ("aacl", "AAC"), ("aacp", "AAC"), ("opus", "Opus"), (".mp3", "MP3"), (".mp2", "MPEG layer II"), ("flac", "FLAC"), ("ima4", "IMA ADPCM"),
        ("ac-3", "AC-3"), ("MAC3", "MACE"), ("MAC6", "MACE"), ("ilbc", "iLBC"), ("samr", "AMR"), ("QDM2", "QDesign"), ("Qclp", "QUALCOMM PureVoice"),
    ];

    /// <summary>What the table of packets has before their lengths.</summary>
    private const int PacketTableHeaderLength = 24;

    /// <summary>A packet's length is a number of seven bits a byte, of which all but the last have the highest bit set; no packet needs more.</summary>
    private const int MostLengthBytes = 4;

    private readonly List<Splice> _others = [];
    private long _description;
    private bool _isAlac;
    private bool _hasPackets;
    private int _frameSize;
    private (long Start, long Length)? _samples;

    /// <summary>The file as it is to be decoded.</summary>
    /// <exception cref="AudioFormatException">The file is damaged, samples are missing, or they are of an encoding that is not read.</exception>
    public IReadOnlyList<Splice> Scan()
    {
        ReadChunks();
        var (start, length) = _samples ?? throw Error("the data chunk is missing");
        if (_isAlac && !_hasPackets)
        {
            throw Error("the pakt chunk is missing, without which ALAC cannot be decoded");
        }

        length = ReadingTexts.WholeFrames(length, _frameSize, name, warnings);
        return
        [
            new Splice(extent.Start, FileHeaderLength), Header("desc"u8, DescriptionLength), new Splice(_description, DescriptionLength),
            .. _others,
            Header("data"u8, EditCountLength + length), Splice.Of(new byte[EditCountLength]), new Splice(start, length),
        ];
    }

    private void ReadChunks()
    {
        long position = extent.Start + FileHeaderLength;
        for (int count = 0; bytes.At(position, ChunkHeaderLength) is { Length: ChunkHeaderLength } head; count++)
        {
            if (count == MostChunks)
            {
                throw Error($"more than {MostChunks} chunks");
            }

            if (head.StartsWith("caff"u8))
            {
                throw Error(ReadingTexts.SecondSound(position - extent.Start));
            }

            string id = Encoding.Latin1.GetString(head[..4]);
            long size = BinaryPrimitives.ReadInt64BigEndian(head[4..]);
            long content = position + ChunkHeaderLength;
            if (id == "data")
            {
                size = ReadSamples(content, size);
            }
            else if (size < 0 || size > bytes.End - content)
            {
                if (_samples is not null)
                {
                    // All of the sound is there; what follows it is cut, or no chunk.
                    return;
                }

                throw Error($"truncated: the '{Printable(id)}' chunk claims {size} bytes, the file has {bytes.End - content} left");
            }

            ReadChunk(id, position, content, size);
            position = content + size;
        }
    }

    private void ReadChunk(string id, long position, long content, long size)
    {
        if (_description == 0)
        {
            ReadDescription(id == "desc" ? content : throw Error("the desc chunk must come first"), size);
        }
        else if (id == "desc")
        {
            throw Error("a second desc chunk: the format changes midway");
        }
        else if (id == "pakt" && _isAlac)
        {
            RequirePackets(content, size);
            _others.Add(new Splice(position, ChunkHeaderLength + size));
        }
        else if ((id == "kuki" && _isAlac) || (id == "info" && size <= MostInfoBytes))
        {
            // The decoder's parameters; the title and the comment.
            _others.Add(new Splice(position, ChunkHeaderLength + size));
        }
    }

    /// <summary>Checks the table of ALAC's packets: libsndfile prints what is wrong with it on standard output.</summary>
    private void RequirePackets(long content, long size)
    {
        if (_hasPackets)
        {
            throw Error("a second pakt chunk");
        }

        _hasPackets = true;
        int unfinished = 0;
        for (long position = content + PacketTableHeaderLength; position < content + size;)
        {
            ReadOnlySpan<byte> block = bytes.At(position, (int)Math.Min(StreamWindow.Most, content + size - position));
            foreach (byte part in block)
            {
                unfinished = (part & 0x80) != 0 ? unfinished + 1 : 0;
                if (unfinished == MostLengthBytes)
                {
                    throw Error("the pakt chunk is damaged: a packet's length has too many bytes");
                }
            }

            position += block.Length;
        }

        if (unfinished > 0 || size < PacketTableHeaderLength)
        {
            throw Error("the pakt chunk is damaged: it ends too early");
        }
    }

    private void ReadDescription(long content, long size)
    {
        ReadOnlySpan<byte> description = bytes.At(content, DescriptionLength);
        if (size < DescriptionLength || description.Length < DescriptionLength)
        {
            throw Error($"the desc chunk has {size} bytes; it must have {DescriptionLength}");
        }

        double rate = BinaryPrimitives.ReadDoubleBigEndian(description);
        string encoding = Encoding.Latin1.GetString(description[8..12]);
        uint packet = BinaryPrimitives.ReadUInt32BigEndian(description[16..]);
        uint channels = BinaryPrimitives.ReadUInt32BigEndian(description[24..]);
        uint bits = BinaryPrimitives.ReadUInt32BigEndian(description[28..]);
        FormatRules.CheckShape(name, rate is >= 0 and <= int.MaxValue ? (long)Math.Round(rate) : -1, channels);
        _description = content;
        _isAlac = encoding == "alac";
        _frameSize = encoding switch
        {
            "lpcm" when bits is 8 or 16 or 24 or 32 or 64 && packet == channels * bits / 8 => (int)packet,
            "lpcm" => throw Error($"frames of {packet} bytes do not fit {channels} channels of {bits} bits; samples must have 8, 16, 24, 32 or 64 bits without padding"),
            "ulaw" or "alaw" => (int)channels,
            "alac" => 0,
            _ => throw Error($"samples in CAF encoding {Describe(encoding)} are not supported; convert it first, for example with 'ffmpeg -i {name} song.wav'"),
        };
    }

    /// <summary>Notes where the samples lie, and says how many bytes their chunk really has.</summary>
    private long ReadSamples(long content, long size)
    {
        if (_samples is not null)
        {
            throw Error("a second data chunk");
        }

        // What a file is tagged with after its end is no sound.
        long untagged = Math.Max(extent.End - content, 0);
        bool isOpen = size is UnknownSize or >= OpenSize.FirstImpossible || (size == 0 && untagged >= EditCountLength);
        long held = isOpen ? untagged : Math.Min(size, bytes.End - content);
        if (held < EditCountLength || (!isOpen && size - held >= Math.Max(_frameSize, 1)))
        {
            throw Error($"truncated: the samples claim {size} bytes, the file has {Math.Max(bytes.End - content, 0)} left");
        }

        _samples = (content + EditCountLength, held - EditCountLength);
        return held;
    }

    private static Splice Header(ReadOnlySpan<byte> id, long size)
    {
        var header = new byte[ChunkHeaderLength];
        id.CopyTo(header);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(4), size);
        return Splice.Of(header);
    }

    private static string Describe(string encoding)
    {
        string? known = Array.Find(NotRead, entry => entry.Id == encoding).Name;
        return known is null ? $"'{Printable(encoding)}'" : $"'{encoding}' ({known})";
    }

    private static string Printable(string id) => string.Concat(id.Select(letter => letter is >= ' ' and <= '~' ? letter : '?'));

    private AudioFormatException Error(string what) => new($"{name}: {what}.");
}
