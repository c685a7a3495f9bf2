using System.Buffers.Binary;

namespace AceStep.Audio.Files.Reading;

/// <summary>
/// Walks through the chunks of an AIFF file and gives libsndfile the file with the sizes that it really has. On its own
/// libsndfile silently reads as much of a cut file as there is, and takes the bytes after the last chunk for another chunk.
/// </summary>
internal static class AiffScan
{
    private const int MostChunks = 10_000;
    private const int HeaderLength = 8;

    /// <summary>The file as it is to be decoded.</summary>
    /// <exception cref="AudioFormatException">Samples are missing.</exception>
    public static IReadOnlyList<Splice> Scan(StreamWindow bytes, SoundExtent extent, string name, List<AudioWarning> warnings)
    {
        long start = extent.Start;
        uint form = BinaryPrimitives.ReadUInt32BigEndian(bytes.At(start + 4, 4));
        bool isOpen = OpenSize.Is(form, bytes.End - start - HeaderLength) || form > bytes.End - start - HeaderLength;
        long end = isOpen ? extent.End : start + HeaderLength + form;
        int frameSize = 0;
        long position = start + 12;
        for (int count = 0; position + HeaderLength <= end && count < MostChunks; count++)
        {
            ReadOnlySpan<byte> head = bytes.At(position, HeaderLength);
            if (head.Length < HeaderLength)
            {
                break;
            }

            uint size = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
            bool isSound = head.StartsWith("SSND"u8);
            long content = position + HeaderLength;
            if (head.StartsWith("COMM"u8))
            {
                frameSize = FrameSize(bytes.At(content, 22));
            }

            if (isSound && (OpenSize.Is(size, bytes.End - content) || size > bytes.End - content))
            {
                return Sound(bytes, extent, position, size, frameSize, name, warnings);
            }

            if (isSound)
            {
                ReadingTexts.WholeFrames(size - HeaderLength, frameSize, name, warnings);
            }

            position = content + size + (size & 1);
        }

        RequireOneSound(bytes, start, end, name);

        // The chunks that follow the samples may be cut: no sound is missing then.
        long last = Math.Min(Math.Max(end, Math.Min(position, bytes.End)), bytes.End);
        return [new Splice(start, 4), Size(last - start - HeaderLength), new Splice(start + HeaderLength, last - start - HeaderLength)];
    }

    /// <summary>Refuses a file to which another one is joined: what follows the first would be left out.</summary>
    private static void RequireOneSound(StreamWindow bytes, long start, long end, string name)
    {
        ReadOnlySpan<byte> head = bytes.At(end, 12);
        if (head.Length == 12 && head.StartsWith("FORM"u8) && head[8..].StartsWith("AIF"u8))
        {
            throw new AudioFormatException($"{name}: {ReadingTexts.SecondSound(end - start)}.");
        }
    }

    /// <summary>A file whose samples go on to its end.</summary>
    private static Splice[] Sound(
        StreamWindow bytes, SoundExtent extent, long position, uint size, int frameSize, string name, List<AudioWarning> warnings)
    {
        const int OffsetAndBlock = 8;
        long content = position + HeaderLength;
        bool isOpen = OpenSize.Is(size, bytes.End - content);
        long held = (isOpen ? extent.End : bytes.End) - content;
        long missing = size - held;
        if (!isOpen && missing >= Math.Max(frameSize, 2))
        {
            throw new AudioFormatException($"{name}: truncated: the samples claim {size} bytes, the file has {held} left.");
        }

        ReadingTexts.WholeFrames(held - OffsetAndBlock, frameSize, name, warnings);
        long start = extent.Start;
        return
        [
            new Splice(start, 4), Size(content + held - start - HeaderLength), new Splice(start + HeaderLength, position - start - 4),
            Size(held), new Splice(content, held),
        ];
    }

    /// <summary>Bytes of a frame; 0 where the samples are compressed.</summary>
    private static int FrameSize(ReadOnlySpan<byte> common)
    {
        if (common.Length < 18 || (common.Length >= 22 && IsCompressed(common[18..22])))
        {
            return 0;
        }

        return BinaryPrimitives.ReadUInt16BigEndian(common) * ((BinaryPrimitives.ReadUInt16BigEndian(common[6..]) + 7) / 8);
    }

    /// <summary>Whether the four bytes after a COMM chunk's fields, which in AIFF belong to the next chunk, name a compression.</summary>
    private static bool IsCompressed(ReadOnlySpan<byte> name)
    {
        string text = System.Text.Encoding.Latin1.GetString(name);
        return text is "ulaw" or "ULAW" or "alaw" or "ALAW" or "ima4" or "GSM " or "DWVW" or "G722" or "MAC3" or "MAC6";
    }

    private static Splice Size(long size)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)Math.Clamp(size, 0, uint.MaxValue));
        return Splice.Of(bytes);
    }
}
