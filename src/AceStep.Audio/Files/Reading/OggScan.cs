namespace AceStep.Audio.Files.Reading;

/// <summary>
/// Walks from page to page of an Ogg file and refuses what libsndfile would cut off without a word: a second
/// sound after the first, and a last page that is not all there. Says nothing about anything else.
/// </summary>
internal static class OggScan
{
    private const int HeaderLength = 27;
    private const int BeginsStream = 2;
    private const int EndsStream = 4;

    /// <exception cref="AudioFormatException">There is a second sound, or the last page is cut.</exception>
    public static void Check(StreamWindow bytes, SoundExtent extent, string name, List<AudioWarning> warnings)
    {
        bool begun = false;
        bool ended = false;
        // What is no page between two of them is passed over by the decoder, too.
        for (long position = extent.Start; position >= 0; position = FindPage(bytes, position, extent.End))
        {
            ReadOnlySpan<byte> head = bytes.At(position, HeaderLength + 255);
            if (head.Length < HeaderLength)
            {
                break;
            }

            // Pages that begin streams come first; later ones begin another sound.
            bool begins = (head[5] & BeginsStream) != 0;
            if (begins && begun)
            {
                throw new AudioFormatException($"{name}: {ReadingTexts.SecondSound(position - extent.Start)}.");
            }

            begun |= !begins;
            ended |= (head[5] & EndsStream) != 0;
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

        if (!ended)
        {
            warnings.Add(new AudioWarning(AudioWarningKind.CutShort, $"{name}: its last page is not marked as the end of the sound; the rest may be missing."));
        }
    }

    /// <summary>Where the next page begins, from a place on; -1 where none does.</summary>
    private static long FindPage(StreamWindow bytes, long position, long end)
    {
        while (position < end)
        {
            ReadOnlySpan<byte> block = bytes.At(position, StreamWindow.Most);
            int found = block.IndexOf("OggS"u8);
            if (found >= 0)
            {
                return position + found < end ? position + found : -1;
            }

            // A mark may lie across two blocks.
            position += Math.Max(block.Length - 3, 1);
        }

        return -1;
    }
}
