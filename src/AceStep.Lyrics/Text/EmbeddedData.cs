using System.IO.Compression;
using System.Text;

namespace AceStep.Lyrics.Text;

/// <summary>The tables that the assembly carries, compressed.</summary>
internal static class EmbeddedData
{
    public static byte[] Bytes(string name)
    {
        using Stream packed = typeof(EmbeddedData).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {name}.");
        using var stream = new GZipStream(packed, CompressionMode.Decompress);
        using var buffer = new MemoryStream((int)packed.Length * 4);
        stream.CopyTo(buffer);
        return buffer.ToArray();
    }

    public static string Text(string name) => Encoding.UTF8.GetString(Bytes(name));
}
