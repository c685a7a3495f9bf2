using System.Buffers.Binary;
using System.IO.Compression;

namespace AceStep.Audio.Pictures;

/// <summary>Writes a picture as a PNG file of eight bits per colour.</summary>
internal static class PngWriter
{
    /// <summary>Each line is stored as the difference from the one above, which suits pictures of sound.</summary>
    private const byte UpFilter = 2;

    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(CrcEntry)];

    public static void Write(Canvas canvas, Stream stream)
    {
        stream.Write([0x89, (byte)'P', (byte)'N', (byte)'G', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n']);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, canvas.Width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], canvas.Height);
        // Eight bits, true colour; the other three have one value each.
        header[8] = 8;
        header[9] = 2;
        WriteChunk(stream, "IHDR"u8, header);
        WriteChunk(stream, "IDAT"u8, Compress(canvas));
        WriteChunk(stream, "IEND"u8, []);
    }

    private static byte[] Compress(Canvas canvas)
    {
        using var compressed = new MemoryStream();
        using (var deflate = new ZLibStream(compressed, CompressionLevel.Optimal))
        {
            var line = new byte[1 + (3 * canvas.Width)];
            line[0] = UpFilter;
            ReadOnlySpan<byte> above = new byte[3 * canvas.Width];
            for (int y = 0; y < canvas.Height; y++)
            {
                ReadOnlySpan<byte> pixels = canvas.Line(y);
                for (int i = 0; i < pixels.Length; i++)
                {
                    line[1 + i] = (byte)(pixels[i] - above[i]);
                }

                deflate.Write(line);
                above = pixels;
            }
        }

        return compressed.ToArray();
    }

    private static void WriteChunk(Stream stream, ReadOnlySpan<byte> kind, ReadOnlySpan<byte> content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        stream.Write(number);
        stream.Write(kind);
        stream.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, ~Crc(content, Crc(kind, uint.MaxValue)));
        stream.Write(number);
    }

    private static uint Crc(ReadOnlySpan<byte> bytes, uint crc)
    {
        foreach (byte value in bytes)
        {
            crc = CrcTable[(byte)(crc ^ value)] ^ (crc >> 8);
        }

        return crc;
    }

    private static uint CrcEntry(int index)
    {
        uint value = (uint)index;
        for (int bit = 0; bit < 8; bit++)
        {
            value = (value >> 1) ^ ((value & 1) * 0xEDB88320);
        }

        return value;
    }
}
