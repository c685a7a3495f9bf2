using System.Buffers.Binary;

namespace AceStep.Audio.Files.Reading;

/// <summary>The part of a file that is sound: without the tags and the zeros before it and the tags after it.</summary>
/// <param name="Start">Where the format's own bytes begin.</param>
/// <param name="End">Where they end.</param>
/// <param name="Id3">The first ID3v2 tag before them; empty where there is none.</param>
internal readonly record struct SoundExtent(long Start, long End, Splice Id3);

/// <summary>Finds the tags that players put before and after files of any format: ID3 of both versions, APE, Lyrics3.</summary>
internal static class TagScan
{
    /// <summary>Some streaming recorders begin with zeros, some taggers leave zeros for a later tag.</summary>
    private const long MostZeros = 1 << 20;

    /// <summary>Fewer are the beginning of a number, as in MPEG-4.</summary>
    private const int FewestZeros = 4;

    private const int MostTags = 16;
    private const int Id3HeaderLength = 10;
    private const int Id3v1Length = 128;

    /// <summary>What some players put before an ID3v1 tag for longer titles.</summary>
    private const int Id3v1PlusLength = 227;

    /// <summary>The most that a Lyrics3 tag of version 1 holds: 5100 bytes of text between its marks.</summary>
    private const int LongestLyrics3v1 = 5100 + 11 + 9;
    private const int ApeLength = 32;

    /// <summary>Finds the part of a stream, from a place on, that is sound.</summary>
    public static SoundExtent Find(StreamWindow bytes, long start)
    {
        Splice id3 = default;
        long position = start;
        for (int count = 0; count < MostTags; count++)
        {
            long length = Id3Length(bytes, position);
            if (length == 0)
            {
                break;
            }

            id3 = id3.Length == 0 ? new Splice(position, length) : id3;
            position += length;
        }

        position = SkipZeros(bytes, position);
        long end = bytes.End;
        for (int count = 0; count < MostTags; count++)
        {
            long length = TrailingLength(bytes, position, end);
            if (length == 0)
            {
                break;
            }

            end -= length;
        }

        return new SoundExtent(position, end, id3);
    }

    /// <summary>The length of an ID3v2 tag at a place; 0 where none is, or one that reaches beyond the end.</summary>
    public static long Id3Length(StreamWindow bytes, long position)
    {
        ReadOnlySpan<byte> head = bytes.At(position, Id3HeaderLength);
        if (head.Length < Id3HeaderLength || !head.StartsWith("ID3"u8) || head[3] == 0xFF || head[4] == 0xFF || (head[6] | head[7] | head[8] | head[9]) > 0x7F)
        {
            return 0;
        }

        bool hasFooter = (head[5] & 0x10) != 0;
        long length = Id3HeaderLength + Synchsafe(head[6..]) + (hasFooter ? Id3HeaderLength : 0);
        return length <= bytes.End - position ? length : 0;
    }

    /// <summary>The first byte from a place on that is not zero; the place itself where the zeros are few or do not end.</summary>
    public static long SkipZeros(StreamWindow bytes, long position)
    {
        const int Block = 4096;
        for (long at = position; at < bytes.End && at - position < MostZeros;)
        {
            ReadOnlySpan<byte> block = bytes.At(at, Block);
            int other = block.IndexOfAnyExcept((byte)0);
            if (other >= 0 || block.IsEmpty)
            {
                return other >= 0 && at + other - position >= FewestZeros ? at + other : position;
            }

            at += block.Length;
        }

        return position;
    }

    /// <summary>The length of an ID3v1 or APE tag that begins at a place among the frames of joined files; 0 where none does.</summary>
    public static long InnerLength(StreamWindow bytes, long position)
    {
        ReadOnlySpan<byte> head = bytes.At(position, ApeLength);
        if (head.StartsWith("TAG"u8) && bytes.End - position >= Id3v1Length)
        {
            return Id3v1Length;
        }

        long ape = head.Length == ApeLength && head.StartsWith("APETAGEX"u8) ? ApeLength + BinaryPrimitives.ReadUInt32LittleEndian(head[12..]) : 0;
        return ape <= bytes.End - position ? ape : 0;
    }

    private static long TrailingLength(StreamWindow bytes, long start, long end)
    {
        ReadOnlySpan<byte> last = bytes.At(end - Id3v1Length, Id3v1Length);
        long length = last.Length < Id3v1Length ? 0
            : last.StartsWith("TAG"u8) ? Id3v1Length
            : last[^ApeLength..].StartsWith("APETAGEX"u8) ? ApeTagLength(last[^ApeLength..])
            : last[^Id3HeaderLength..].StartsWith("3DI"u8) ? (2 * Id3HeaderLength) + Synchsafe(last[^4..])
            : last.EndsWith("LYRICS200"u8) ? Lyrics3Length(last)
            : last.EndsWith("LYRICSEND"u8) ? Lyrics3v1Length(bytes, end)
            : bytes.At(end - Id3v1PlusLength, 4).StartsWith("TAG+"u8) ? Id3v1PlusLength
            : 0;
        return length <= end - start ? length : 0;
    }

    private static long ApeTagLength(ReadOnlySpan<byte> footer)
    {
        const uint HasHeader = 0x80000000;
        long items = Math.Max(BinaryPrimitives.ReadUInt32LittleEndian(footer[12..]), ApeLength);
        return items + ((BinaryPrimitives.ReadUInt32LittleEndian(footer[20..]) & HasHeader) != 0 ? ApeLength : 0);
    }

    private static long Lyrics3Length(ReadOnlySpan<byte> last)
    {
        const int Footer = 15;
        long length = 0;
        foreach (byte digit in last[^Footer..^9])
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return 0;
            }

            length = (10 * length) + digit - '0';
        }

        return length + Footer;
    }

    /// <summary>Version 1 does not say how long it is: it is looked for backwards.</summary>
    private static long Lyrics3v1Length(StreamWindow bytes, long end)
    {
        long start = Math.Max(end - LongestLyrics3v1, 0);
        int begin = bytes.At(start, (int)(end - start)).LastIndexOf("LYRICSBEGIN"u8);
        return begin < 0 ? 0 : end - start - begin;
    }

    /// <summary>Seven bits a byte.</summary>
    private static long Synchsafe(ReadOnlySpan<byte> size) =>
        ((size[0] & 0x7FL) << 21) | ((size[1] & 0x7FL) << 14) | ((size[2] & 0x7FL) << 7) | (size[3] & 0x7FL);
}
