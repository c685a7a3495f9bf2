using AceStep.Audio.Files.SoundFile;
using AceStep.Audio.Files.Wav;

namespace AceStep.Audio.Files.Reading;

/// <summary>Finds the sound in a stream and the decoder for it.</summary>
internal static class Decoders
{
    private const int BlockLength = 1 << 16;

    /// <summary>No file has more zeros before its sound; a device may have nothing else, and no end.</summary>
    private const int MostZeros = 4 << 20;

    /// <summary>Opens a stream from where it stands; it is closed when that fails and it is not to stay open.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="leaveOpen">Whether it stays open.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="mostBytes">The most bytes of one that cannot seek; tests lower it.</param>
    /// <exception cref="AudioFormatException">It is not audio that can be read.</exception>
    public static AudioReader Open(Stream stream, bool leaveOpen, string name, long mostBytes = AudioFile.MaxStreamLength)
    {
        try
        {
            if (stream.CanSeek)
            {
                return OpenSeekable(stream, leaveOpen, name);
            }

            AudioReader reader = OpenSeekable(ReadAll(stream, name, mostBytes), leaveOpen: false, name);
            if (!leaveOpen)
            {
                stream.Dispose();
            }

            return reader;
        }
        catch
        {
            if (!leaveOpen)
            {
                stream.Dispose();
            }

            throw;
        }
    }

    private static AudioReader OpenSeekable(Stream stream, bool leaveOpen, string name)
    {
        StreamWindow bytes = new(stream);
        SoundExtent extent = TagScan.Find(bytes, stream.Position);
        long held = extent.End - extent.Start;
        AudioFormat format = FormatDetector.Detect(bytes.At(extent.Start, (int)Math.Min(held, FormatDetector.HeadLength)), name, held);
        List<AudioWarning> warnings = [];
        switch (format)
        {
            case AudioFormat.Wav:
                WavHeader header = WavHeader.Parse(bytes, extent, name, warnings);
                return header.Encoding is not null
                    ? new WavReader(stream, leaveOpen, header, name, warnings)
                    : Library(header.ForLibrary(), header.Tags);
            case AudioFormat.Au:
                return Library(AuScan.Scan(bytes, extent, name, warnings));
            case AudioFormat.Caf:
                return Library(new CafScan(bytes, extent, name, warnings).Scan());
            case AudioFormat.Aiff:
                return Library(AiffScan.Scan(bytes, extent, name, warnings));
            case AudioFormat.Mp3:
                return Parts(Mp3Scan.Scan(bytes, extent, name, warnings));
            case AudioFormat.Flac:
                return Parts(FlacScan.Scan(bytes, extent, name));
            default:
                OggScan.Check(bytes, extent, name, warnings);
                return Library([new Splice(extent.Start, held)]);
        }

        AudioReader Parts(IReadOnlyList<IReadOnlyList<Splice>> parts) => parts.Count == 1 ? Library(parts[0]) : Joined(parts);

        AudioReader Library(IReadOnlyList<Splice> splices, AudioTags? tags = null) =>
            SoundFileReader.Open(new SplicedStream(stream, splices), stream, leaveOpen, format, name, warnings, tags);

        AudioReader Joined(IReadOnlyList<IReadOnlyList<Splice>> parts) => JoinedReader.Open(
            parts.Count,
            part => SoundFileReader.Open(new SplicedStream(stream, parts[part]), stream, leaveOpen: true, format, name, warnings),
            stream,
            leaveOpen,
            name,
            warnings);
    }

    /// <summary>All of a stream, if it looks like audio and has an end.</summary>
    public static async Task<MemoryStream> ReadAllAsync(Stream stream, string name, long mostBytes, CancellationToken cancellationToken)
    {
        var copy = new MemoryStream();
        var block = new byte[BlockLength];
        for (int read; (read = await stream.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            Append(copy, block.AsSpan(0, read), name, mostBytes);
        }

        copy.Position = 0;
        return copy;
    }

    private static MemoryStream ReadAll(Stream stream, string name, long mostBytes)
    {
        var copy = new MemoryStream();
        var block = new byte[BlockLength];
        for (int read; (read = stream.ReadAtLeast(block, block.Length, throwOnEndOfStream: false)) > 0;)
        {
            Append(copy, block.AsSpan(0, read), name, mostBytes);
        }

        copy.Position = 0;
        return copy;
    }

    /// <summary>Appends what was read; refuses what cannot be audio at its first bytes, and what has no end.</summary>
    private static void Append(MemoryStream copy, ReadOnlySpan<byte> read, string name, long mostBytes)
    {
        // What stands behind zeros or a tag is known only later.
        if (copy.Length == 0 && read[0] != 0 && !read.StartsWith("ID3"u8))
        {
            FormatDetector.Detect(read[..Math.Min(read.Length, FormatDetector.HeadLength)], name, read.Length);
        }

        long before = copy.Length;
        copy.Write(read);
        if (before <= MostZeros && copy.Length > MostZeros && !copy.GetBuffer().AsSpan(0, (int)copy.Length).ContainsAnyExcept((byte)0))
        {
            throw new AudioFormatException($"{name}: nothing but zeros in the first {copy.Length >> 20} MiB.");
        }

        if (copy.Length > mostBytes)
        {
            throw new AudioFormatException($"{name}: more than {mostBytes >> 20} MiB from a stream that cannot seek; save it to a file first.");
        }
    }
}

/// <summary>Sizes that a program writes into a header before it knows them, and leaves where it cannot go back: in a pipe.</summary>
internal static class OpenSize
{
    /// <summary>sox claims 0x7FFFF000 bytes of WAV and 0x7F000000 and a little of AIFF; others the largest of 31 bits.</summary>
    private const uint FirstOf31Bits = 0x7F000000;
    private const uint LastOf31Bits = 0x80000000;

    /// <summary>ffmpeg claims 0xFFFFFFFF, others that less the header.</summary>
    private const uint FirstOf32Bits = 0xFFFF0000;

    /// <summary>No file has so many bytes: where sizes have 64 bits, a program that could not go back left the largest number.</summary>
    public const long FirstImpossible = long.MaxValue >> 8;

    /// <summary>Whether a size says nothing, which one that is true never does.</summary>
    /// <param name="size">The size that a chunk claims.</param>
    /// <param name="available">The bytes that the file has from there on.</param>
    public static bool Is(uint size, long available) =>
        available > 0 && (size == 0 || (size > available && size is >= FirstOf32Bits or (>= FirstOf31Bits and <= LastOf31Bits)));
}

/// <summary>What several formats say of their samples.</summary>
internal static class ReadingTexts
{
    /// <summary>Why a file to which another one is joined is refused.</summary>
    public static string SecondSound(long position) => $"a second sound begins at byte {position}; split the file first";

    /// <summary>The length without the last frame where that is not all there, which is said.</summary>
    /// <param name="length">Bytes of samples.</param>
    /// <param name="frameSize">Bytes of a frame; 0 where the samples are compressed and have none.</param>
    /// <param name="name">The file, as warnings name it.</param>
    /// <param name="warnings">Receives what is left out.</param>
    public static long WholeFrames(long length, int frameSize, string name, List<AudioWarning> warnings)
    {
        long rest = frameSize > 0 && length > 0 ? length % frameSize : 0;
        if (rest != 0)
        {
            warnings.Add(PartialFrame(name, rest, frameSize));
        }

        return length - rest;
    }

    public static AudioWarning PartialFrame(string name, long bytes, long frameSize) =>
        new(AudioWarningKind.PartialFrame, $"{name}: the last frame has {bytes} of {frameSize} bytes and is dropped.");
}
