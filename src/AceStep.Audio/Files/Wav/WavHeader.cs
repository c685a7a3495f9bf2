using System.Buffers.Binary;
using AceStep.Audio.Files.Reading;

namespace AceStep.Audio.Files.Wav;

/// <summary>What the chunks of a WAV file say: the format, where the samples are, the tags.</summary>
internal sealed record WavHeader
{
    /// <summary>The end of every sub-format GUID whose first two bytes are a format tag.</summary>
    internal static ReadOnlySpan<byte> SubFormatTail => [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71];

    /// <summary>How samples are stored; null where they are compressed, for libsndfile to read.</summary>
    public required SampleEncoding? Encoding { get; init; }

    /// <summary>Whether the most significant byte of a number comes first: RIFX.</summary>
    public required bool IsBigEndian { get; init; }

    public required int SampleRate { get; init; }

    public required int Channels { get; init; }

    /// <summary>The position of the first sample in the stream.</summary>
    public required long DataStart { get; init; }

    /// <summary>Bytes of samples, all of them there; whole frames where they are not compressed.</summary>
    public required long DataLength { get; init; }

    public required AudioTags Tags { get; init; }

    /// <summary>What compressed samples are decoded with: the fmt chunk and, where there is one, the fact chunk, with their headers.</summary>
    public required IReadOnlyList<Splice> FormatChunks { get; init; }

    public int FrameSize => Channels * PcmCodec.BytesPerSample(Encoding!.Value);

    /// <summary>Reads the chunks of a file, Wave64 or any of the kinds of RIFF.</summary>
    /// <exception cref="AudioFormatException">The file is damaged or in a form that is not read.</exception>
    public static WavHeader Parse(StreamWindow bytes, SoundExtent extent, string name, List<AudioWarning> warnings) =>
        bytes.At(extent.Start, Wave64Parser.Mark.Length).SequenceEqual(Wave64Parser.Mark)
            ? new Wave64Parser(bytes, extent, name, warnings).Parse()
            : new WavParser(bytes, extent, name, warnings).Parse();

    /// <summary>The file as libsndfile is to see it: what it decodes with and the samples, with true sizes and nothing else.</summary>
    public IReadOnlyList<Splice> ForLibrary()
    {
        long length = 4 + FormatChunks.Sum(chunk => chunk.Length) + 8 + DataLength;
        byte[] head = [.. IsBigEndian ? "RIFX"u8 : "RIFF"u8, .. Size(length), .. "WAVE"u8];
        byte[] data = [.. "data"u8, .. Size(DataLength)];
        return [Splice.Of(head), .. FormatChunks, Splice.Of(data), new Splice(DataStart, DataLength)];

        byte[] Size(long bytes)
        {
            uint size = (uint)Math.Min(bytes, uint.MaxValue);
            return BitConverter.GetBytes(BitConverter.IsLittleEndian == IsBigEndian ? BinaryPrimitives.ReverseEndianness(size) : size);
        }
    }
}
