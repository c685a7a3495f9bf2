using System.Buffers.Binary;

namespace AceStep.Audio.Files.Wav;

/// <summary>What the fmt chunk of a WAV file says of its samples.</summary>
/// <param name="Encoding">How they are stored; null where they are compressed, for libsndfile to read.</param>
/// <param name="SampleRate">Samples per second of each channel.</param>
/// <param name="Channels">The number of channels.</param>
/// <param name="FrameSize">Bytes of a sample of every channel; of compressed samples, of a block.</param>
internal sealed record WavFormat(SampleEncoding? Encoding, int SampleRate, int Channels, int FrameSize)
{
    /// <summary>How much of the chunk is looked at.</summary>
    public const int Longest = 40;

    private const int Shortest = 16;

    private const ushort TagPcm = 1;
    private const ushort TagFloat = 3;
    private const ushort TagExtensible = 0xFFFE;

    /// <summary>What libsndfile decodes: MS and IMA ADPCM, A-law, µ-law, GSM 6.10, G.721, NMS ADPCM, MP3.</summary>
    private static readonly ushort[] Compressed = [0x02, 0x06, 0x07, 0x11, 0x31, 0x38, 0x40, 0x55];

    /// <summary>What others keep in WAV: its tag, and its name.</summary>
    private static readonly (ushort Tag, string Name)[] NotRead =
    [
        (0x50, "MPEG layer II"), (0xFF, "AAC"), (0x1600, "AAC"), (0x1602, "AAC"), (0x161, "Windows Media"), (0x162, "Windows Media"), (0x163, "Windows Media"),
        (0x2000, "AC-3"), (0x2001, "DTS"), (0x08, "DTS"), (0x92, "AC-3 (S/PDIF)"), (0x674F, "Vorbis"), (0x6750, "Vorbis"), (0x6751, "Vorbis"), (0xF1AC, "FLAC"), (0x704F, "Opus"),
        (0x270, "ATRAC3"), (0x45, "G.726 ADPCM"), (0x64, "G.726 ADPCM"), (0x65, "G.722 ADPCM"), (0x28F, "G.722 ADPCM"), (0x22, "TrueSpeech"), (0x20, "Yamaha ADPCM"),
    ];

    /// <summary>Where numbers stand in the chunk, and their length: their bytes are turned round where the most significant comes first.</summary>
    private static readonly (int Offset, int Length)[] Numbers =
        [(0, 2), (2, 2), (4, 4), (8, 4), (12, 2), (14, 2), (16, 2), (18, 2), (20, 4), (24, 4), (28, 2), (30, 2)];

    /// <summary>The end of the sub-format of Ambisonic B-format (first order and higher): directions, not loudspeakers.</summary>
    private static ReadOnlySpan<byte> AmbisonicTail => [0, 0, 0x21, 0x07, 0xD3, 0x11, 0x86, 0x44, 0xC8, 0xC1, 0xCA, 0, 0, 0];

    /// <summary>Reads a chunk.</summary>
    /// <param name="chunk">Its content, at most <see cref="Longest"/> bytes of it.</param>
    /// <param name="isBigEndian">Whether the most significant byte of a number comes first.</param>
    /// <param name="name">The file, as errors name it.</param>
    /// <exception cref="AudioFormatException">It is damaged, or of samples that are not read.</exception>
    public static WavFormat Read(ReadOnlySpan<byte> chunk, bool isBigEndian, string name)
    {
        if (chunk.Length < Shortest)
        {
            throw Error(name, $"the fmt chunk has {chunk.Length} bytes; it must have at least {Shortest}");
        }

        ReadOnlySpan<byte> format = isBigEndian ? Turned(chunk) : chunk;
        ushort tag = BinaryPrimitives.ReadUInt16LittleEndian(format);
        int channels = BinaryPrimitives.ReadUInt16LittleEndian(format[2..]);
        uint sampleRate = BinaryPrimitives.ReadUInt32LittleEndian(format[4..]);
        int frameSize = BinaryPrimitives.ReadUInt16LittleEndian(format[12..]);
        int bits = BinaryPrimitives.ReadUInt16LittleEndian(format[14..]);
        if (tag == TagExtensible)
        {
            tag = SubFormat(format, name);
        }

        SampleEncoding? encoding = (tag, bits) switch
        {
            (TagPcm, >= 1 and <= 8) => SampleEncoding.Pcm8,
            // Fewer bits than the bytes have room for stand at their upper end.
            (TagPcm, <= 16 and not 0) => SampleEncoding.Pcm16,
            (TagPcm, <= 24 and not 0) => SampleEncoding.Pcm24,
            (TagPcm, <= 32 and not 0) => SampleEncoding.Pcm32,
            (TagFloat, 32) => SampleEncoding.Float32,
            (TagFloat, 64) => SampleEncoding.Float64,
            (TagPcm or TagFloat, _) => throw Error(name, $"samples of {bits} bits are not supported; PCM may have up to 32 bits, floating point 32 or 64"),
            _ when Compressed.Contains(tag) => null,
            _ => throw Error(name, $"samples in WAV encoding {Describe(tag)} are not supported; convert it first, for example with 'ffmpeg -i {name} song.wav'"),
        };
        FormatRules.CheckShape(name, sampleRate, channels);
        return encoding is not { } known || frameSize == channels * PcmCodec.BytesPerSample(known)
            ? new WavFormat(encoding, (int)sampleRate, channels, frameSize)
            : throw Error(name, $"frames of {frameSize} bytes do not fit {channels} channels of {bits} bits");
    }

    private static ushort SubFormat(ReadOnlySpan<byte> format, string name)
    {
        if (format.Length < Longest)
        {
            throw Error(name, $"an extensible format of {format.Length} bytes; it must have {Longest}");
        }

        if (format[26..].SequenceEqual(AmbisonicTail))
        {
            throw Error(name, "Ambisonic B-format is not supported; decode it to stereo first");
        }

        return format[26..].SequenceEqual(WavHeader.SubFormatTail)
            ? BinaryPrimitives.ReadUInt16LittleEndian(format[24..])
            : throw Error(name, "an extensible format without a known sub-format");
    }

    private static byte[] Turned(ReadOnlySpan<byte> chunk)
    {
        byte[] turned = chunk.ToArray();

        // sox leaves the sub-format as it is, but for the tag.
        bool isTailLeft = chunk.Length == Longest && chunk[26..].SequenceEqual(WavHeader.SubFormatTail);
        foreach ((int offset, int length) in isTailLeft ? [.. Numbers.Where(number => number.Offset < 24), (24, 2)] : Numbers)
        {
            if (offset + length <= turned.Length)
            {
                Array.Reverse(turned, offset, length);
            }
        }

        return turned;
    }

    private static string Describe(ushort tag)
    {
        string? known = Array.Find(NotRead, entry => entry.Tag == tag).Name;
        return known is null ? $"0x{tag:X4}" : $"0x{tag:X4} ({known})";
    }

    private static AudioFormatException Error(string name, string what) => new($"{name}: {what}.");
}
