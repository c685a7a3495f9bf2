namespace AceStep.Audio.Files.Reading;

/// <summary>
/// Walks from page to page of an Ogg file and refuses what libsndfile would cut off without a word: a second
/// sound after the first, and a last page that is not all there. Says nothing about anything else.
/// </summary>
internal static class OggScan
{
    private const int HeaderLength = 27;
    private const int BeginsStream = 2;

    /// <exception cref="AudioFormatException">There is a second sound, or the last page is cut.</exception>
    public static void Check(StreamWindow bytes, SoundExtent extent, string name)
    {
        long position = extent.Start;
        bool begun = false;
        while (true)
        {
            ReadOnlySpan<byte> head = bytes.At(position, HeaderLength + 255);
            if (head.Length < HeaderLength || !head.StartsWith("OggS"u8))
            {
                return;
            }

            // Pages that begin streams come first; later ones begin another sound.
            bool begins = (head[5] & BeginsStream) != 0;
            if (begins && begun)
            {
                throw new AudioFormatException($"{name}: a second sound begins at byte {position - extent.Start}; split the file first.");
            }

            begun |= !begins;
            int segments = head[HeaderLength - 1];
            long length = HeaderLength + segments;
            foreach (byte segment in head[HeaderLength..Math.Min(HeaderLength + segments, head.Length)])
            {
                length += segment;
            }

            if (length > bytes.End - position)
            {
                throw new AudioFormatException($"{name}: truncated: its last page claims {length} bytes, the file has {bytes.End - position} left.");
            }

            position += length;
        }
    }
}
