using System.Buffers.Binary;
using System.Text;

namespace AceStep.Audio.Files.SoundFile;

/// <summary>Writes the ID3v2.3 tag of an MP3 file: the version, and UTF-16, are what every player reads.</summary>
internal static class Id3Tag
{
    private const byte Utf16WithMark = 1;

    private static ReadOnlySpan<byte> Mark => [0xFF, 0xFE];

    public static void Write(Stream stream, AudioTags tags)
    {
        var frames = new MemoryStream();
        if (!string.IsNullOrEmpty(tags.Title))
        {
            WriteFrame(frames, "TIT2"u8, Utf16WithMark, [.. Mark, .. Encoding.Unicode.GetBytes(tags.Title)]);
        }

        if (!string.IsNullOrEmpty(tags.Comment))
        {
            // A language and an empty description come before the text.
            WriteFrame(frames, "COMM"u8, Utf16WithMark, [.. "eng"u8, .. Mark, 0, 0, .. Mark, .. Encoding.Unicode.GetBytes(tags.Comment)]);
        }

        if (frames.Length > 0)
        {
            Span<byte> head = [.. "ID3"u8, 3, 0, 0, 0, 0, 0, 0];
            for (int i = 0; i < 4; i++)
            {
                // Seven bits a byte, so that no size looks like the start of an MPEG frame.
                head[6 + i] = (byte)((frames.Length >> (7 * (3 - i))) & 0x7F);
            }

            stream.Write(head);
            frames.WriteTo(stream);
        }
    }

    private static void WriteFrame(Stream stream, ReadOnlySpan<byte> id, byte encoding, ReadOnlySpan<byte> content)
    {
        Span<byte> head = stackalloc byte[11];
        id.CopyTo(head);
        BinaryPrimitives.WriteInt32BigEndian(head[4..], content.Length + 1);
        head[8..].Clear();
        head[10] = encoding;
        stream.Write(head);
        stream.Write(content);
    }
}
