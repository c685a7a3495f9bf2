using AceStep.Audio.Files.SoundFile;
using AceStep.Audio.Files.Wav;

namespace AceStep.Audio.Files.Reading;

/// <summary>Finds the sound in a stream and the decoder for it.</summary>
internal static class Decoders
{
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
        AudioFormat format = FormatDetector.Detect(bytes.At(extent.Start, (int)Math.Min(held, FormatDetector.HeadLength)), name);
        List<AudioWarning> warnings = [];
        switch (format)
        {
            case AudioFormat.Wav:
                WavHeader header = WavHeader.Parse(bytes, extent, name, warnings);
                return header.Encoding is not null
                    ? new WavReader(stream, leaveOpen, header, name, warnings)
                    : Library(header.ForLibrary(), header.Tags);
            case AudioFormat.Aiff:
                return Library(AiffScan.Scan(bytes, extent, name, warnings));
            case AudioFormat.Mp3:
                IReadOnlyList<IReadOnlyList<Splice>> parts = Mp3Scan.Scan(bytes, extent, name, warnings);
                return parts.Count == 1 ? Library(parts[0]) : Joined(parts);
            case AudioFormat.Vorbis or AudioFormat.Opus:
                OggScan.Check(bytes, extent, name);
                break;
        }

        return Library([new Splice(extent.Start, held)]);

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

    /// <summary>All of a pipe, if it looks like audio and has an end.</summary>
    private static MemoryStream ReadAll(Stream stream, string name, long mostBytes)
    {
        var copy = new MemoryStream();
        var block = new byte[1 << 16];
        for (int read; (read = stream.ReadAtLeast(block, block.Length, throwOnEndOfStream: false)) > 0;)
        {
            bool isFirst = copy.Length == 0;
            copy.Write(block, 0, read);
            if (isFirst && block[0] != 0 && !block.AsSpan(0, read).StartsWith("ID3"u8))
            {
                FormatDetector.Detect(block.AsSpan(0, Math.Min(read, FormatDetector.HeadLength)), name);
            }

            if (copy.Length > mostBytes)
            {
                throw new AudioFormatException($"{name}: more than {mostBytes >> 20} MiB from a stream that cannot seek; write it to a file first.");
            }
        }

        copy.Position = 0;
        return copy;
    }
}
