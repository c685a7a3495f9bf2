namespace AceStep.Audio.Files.Reading;

/// <summary>Finds the FLAC files that were joined to one, at whose first the decoder would end.</summary>
internal static class FlacScan
{
    private const int MostParts = 1000;

    /// <summary>The mark of a file and the head of the block that comes first in each, of 34 bytes: the last of its blocks or not.</summary>
    private static ReadOnlySpan<byte> Mark => "fLaC"u8;

    /// <summary>The files that were joined, each as the decoder is to see it; one for a file of the usual kind.</summary>
    /// <exception cref="AudioFormatException">There are too many parts.</exception>
    public static IReadOnlyList<IReadOnlyList<Splice>> Scan(StreamWindow bytes, SoundExtent extent, string name)
    {
        List<long> starts = [extent.Start];
        for (long position = extent.Start + Mark.Length; position < extent.End;)
        {
            ReadOnlySpan<byte> block = bytes.At(position, StreamWindow.Most);
            int found = block.IndexOf(Mark);
            if (found < 0)
            {
                // A mark may lie across two looks.
                position += Math.Max(block.Length - Mark.Length + 1, 1);
                continue;
            }

            position += found;
            if (IsFile(bytes.At(position, 8)))
            {
                starts.Add(starts.Count < MostParts ? position : throw new AudioFormatException($"{name}: more than {MostParts} FLAC files joined to one."));
            }

            position += Mark.Length;
        }

        return [.. starts.Select((start, index) => (Splice[])[new Splice(start, (index + 1 < starts.Count ? starts[index + 1] : extent.End) - start)])];
    }

    private static bool IsFile(ReadOnlySpan<byte> head) => head.Length == 8 && (head[4] & 0x7F) == 0 && head[5] == 0 && head[6] == 0 && head[7] == 34;
}
