using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace AceStep.Lyrics.Text;

/// <summary>Reads the compressed tables embedded in the assembly.</summary>
internal static class EmbeddedData
{
    public static byte[] Bytes(string name)
    {
        using Stream packed = typeof(EmbeddedData).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {name}.");
        // A gzip file ends with the length of its contents.
        packed.Seek(-sizeof(int), SeekOrigin.End);
        Span<byte> length = stackalloc byte[sizeof(int)];
        packed.ReadExactly(length);
        packed.Seek(0, SeekOrigin.Begin);
        using var stream = new GZipStream(packed, CompressionMode.Decompress);
        var bytes = new byte[BinaryPrimitives.ReadInt32LittleEndian(length)];
        stream.ReadExactly(bytes);
        return bytes;
    }

    public static string Text(string name) => Encoding.UTF8.GetString(Bytes(name));
}
