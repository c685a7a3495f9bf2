namespace AceStep.Audio.Files.SoundFile;

/// <summary>
/// Walks from page to page of an Ogg file and refuses what libsndfile would cut off without a word: a second
/// sound after the first, and a last page that is not all there. Says nothing about anything else.
/// </summary>
internal static class OggScan
{
    private const int HeaderLength = 27;
    private const int BeginsStream = 2;

    /// <summary>Leaves the stream where it stands.</summary>
    /// <exception cref="AudioFormatException">There is a second sound, or the last page is cut.</exception>
    public static void Check(Stream stream, string name)
    {
        long start = stream.Position;
        long position = start;
        bool begun = false;
        Span<byte> head = stackalloc byte[HeaderLength + 255];
        while (true)
        {
            stream.Position = position;
            Span<byte> read = head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
            if (read.Length < HeaderLength || !read.StartsWith("OggS"u8))
            {
                break;
            }

            // Pages that begin streams come first; later ones begin another sound.
            bool begins = (read[5] & BeginsStream) != 0;
            if (begins && begun)
            {
                throw new AudioFormatException($"{name}: a second sound begins at byte {position - start}; split the file first.");
            }

            begun |= !begins;
            int segments = read[HeaderLength - 1];
            long length = HeaderLength + segments;
            foreach (byte segment in read[HeaderLength..Math.Min(HeaderLength + segments, read.Length)])
            {
                length += segment;
            }

            if (length > stream.Length - position)
            {
                throw new AudioFormatException($"{name}: truncated: its last page claims {length} bytes, the file has {stream.Length - position} left.");
            }

            position += length;
        }

        stream.Position = start;
    }
}
