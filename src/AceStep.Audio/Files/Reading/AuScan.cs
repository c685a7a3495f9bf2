using System.Buffers.Binary;

namespace AceStep.Audio.Files.Reading;

/// <summary>
/// Reads the header of a Sun audio file (AU) and gives libsndfile the samples with the size that they really have. On its own
/// libsndfile silently reads as much of a cut file as there is.
/// </summary>
internal static class AuScan
{
    private const int HeaderLength = 24;

    /// <summary>The size that says "to the end of the file".</summary>
    private const uint UnknownSize = uint.MaxValue;

    /// <summary>The encodings that libsndfile decodes, and the bytes of a sample: µ-law, integers, floating point, A-law; ADPCM has no such size.</summary>
    private static readonly (uint Encoding, int SampleSize)[] Encodings =
        [(1, 1), (2, 1), (3, 2), (4, 3), (5, 4), (6, 4), (7, 8), (23, 0), (25, 0), (26, 0), (27, 1)];

    /// <summary>The file as it is to be decoded.</summary>
    /// <exception cref="AudioFormatException">Samples are missing, or of an encoding that is not read.</exception>
    public static IReadOnlyList<Splice> Scan(StreamWindow bytes, SoundExtent extent, string name, List<AudioWarning> warnings)
    {
        ReadOnlySpan<byte> head = bytes.At(extent.Start, HeaderLength);
        if (head.Length < HeaderLength)
        {
            throw new AudioFormatException($"{name}: truncated in its header.");
        }

        bool isLittleEndian = IsLittleEndian(head);
        uint offset = Number(head[4..], isLittleEndian);
        uint size = Number(head[8..], isLittleEndian);
        uint encoding = Number(head[12..], isLittleEndian);
        uint channels = Number(head[20..], isLittleEndian);
        FormatRules.CheckShape(name, Number(head[16..], isLittleEndian), channels);
        int known = Array.FindIndex(Encodings, entry => entry.Encoding == encoding);
        if (known < 0)
        {
            throw new AudioFormatException($"{name}: samples in AU encoding {encoding} are not supported; convert it first, for example with 'ffmpeg -i {name} song.wav'.");
        }

        if (offset < HeaderLength || offset > bytes.End - extent.Start)
        {
            throw new AudioFormatException($"{name}: the samples begin at byte {offset}; they must begin after the header of {HeaderLength} bytes, and the file has {bytes.End - extent.Start}.");
        }

        long content = extent.Start + offset;
        int frameSize = (int)channels * Encodings[known].SampleSize;
        bool isOpen = size == UnknownSize || OpenSize.Is(size, bytes.End - content);
        long length = isOpen ? Math.Max(extent.End - content, 0) : Math.Min(size, bytes.End - content);
        if (size - length >= Math.Max(frameSize, 1) && !isOpen)
        {
            throw new AudioFormatException($"{name}: truncated: the samples claim {size} bytes, the file has {length} left.");
        }

        RequireOneSound(bytes, content + length, extent.Start, name);
        return
        [
            new Splice(extent.Start, 4), Number(HeaderLength, isLittleEndian), Number(length > int.MaxValue ? UnknownSize : (uint)length, isLittleEndian), new Splice(extent.Start + 12, 12),
            new Splice(content, ReadingTexts.WholeFrames(length, frameSize, name, warnings)),
        ];
    }

    /// <summary>Whether a header's numbers have their least significant byte first, as few programs write them.</summary>
    private static bool IsLittleEndian(ReadOnlySpan<byte> head) => head.StartsWith("dns."u8);

    /// <summary>Refuses a file to which another one is joined: what follows the first would be left out.</summary>
    private static void RequireOneSound(StreamWindow bytes, long end, long start, string name)
    {
        ReadOnlySpan<byte> head = bytes.At(end, HeaderLength);
        if (head.Length == HeaderLength && (head.StartsWith(".snd"u8) || IsLittleEndian(head)))
        {
            throw new AudioFormatException($"{name}: {ReadingTexts.SecondSound(end - start)}.");
        }
    }

    private static uint Number(ReadOnlySpan<byte> bytes, bool isLittleEndian) =>
        isLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);

    private static Splice Number(uint value, bool isLittleEndian)
    {
        var bytes = new byte[4];
        if (isLittleEndian)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        }

        return Splice.Of(bytes);
    }
}
