using System.Buffers.Binary;

namespace AceStep.Fuzz.Audio;

/// <summary>The checksum of Ogg pages.</summary>
internal static class OggChecksum
{
    private const int HeaderLength = 27;

    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(Entry)];

    /// <summary>Gives every whole page of a file the checksum of what it holds.</summary>
    public static void Correct(byte[] file)
    {
        for (int start = 0; start + HeaderLength <= file.Length; start++)
        {
            ReadOnlySpan<byte> head = file.AsSpan(start);
            if (!head.StartsWith("OggS"u8))
            {
                continue;
            }

            int segments = head[HeaderLength - 1];
            if (head.Length < HeaderLength + segments)
            {
                return;
            }

            int length = HeaderLength + segments;
            foreach (byte segment in head.Slice(HeaderLength, segments))
            {
                length += segment;
            }

            if (length <= head.Length)
            {
                Span<byte> page = file.AsSpan(start, length);
                page.Slice(22, 4).Clear();
                BinaryPrimitives.WriteUInt32LittleEndian(page[22..], Of(page));
                start += length - 1;
            }
        }
    }

    private static uint Of(ReadOnlySpan<byte> page)
    {
        uint sum = 0;
        foreach (byte value in page)
        {
            sum = (sum << 8) ^ Table[(sum >> 24) ^ value];
        }

        return sum;
    }

    private static uint Entry(int index)
    {
        uint value = (uint)index << 24;
        for (int bit = 0; bit < 8; bit++)
        {
            value = (value << 1) ^ ((value & 0x80000000) == 0 ? 0 : 0x04C11DB7u);
        }

        return value;
    }
}
