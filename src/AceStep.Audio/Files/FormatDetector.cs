namespace AceStep.Audio.Files;

/// <summary>Tells a format from a file's first bytes.</summary>
internal static class FormatDetector
{
    private const int HeadLength = 64;

    /// <summary>Leaves the (seekable) stream where it stands.</summary>
    /// <exception cref="AudioFormatException">The file starts like none of the formats.</exception>
    public static AudioFormat Detect(Stream stream, string name)
    {
        long start = stream.Position;
        Span<byte> buffer = stackalloc byte[HeadLength];
        Span<byte> head = buffer[..stream.ReadAtLeast(buffer, HeadLength, throwOnEndOfStream: false)];
        stream.Position = start;
        if (head.Length < 12)
        {
            throw new AudioFormatException($"{name}: {head.Length} bytes are too few for any audio format.");
        }

        ReadOnlySpan<byte> first = head[..4];
        ReadOnlySpan<byte> kind = head[8..12];
        if (first.SequenceEqual("RIFF"u8) || first.SequenceEqual("RF64"u8) || first.SequenceEqual("BW64"u8) || first.SequenceEqual("RIFX"u8))
        {
            return AudioFormat.Wav;
        }

        if (first.SequenceEqual("FORM"u8) && (kind.SequenceEqual("AIFF"u8) || kind.SequenceEqual("AIFC"u8)))
        {
            return AudioFormat.Aiff;
        }

        if (first.SequenceEqual("fLaC"u8))
        {
            return AudioFormat.Flac;
        }

        if (first.SequenceEqual("OggS"u8))
        {
            return head.IndexOf("OpusHead"u8) >= 0 ? AudioFormat.Opus : AudioFormat.Vorbis;
        }

        // An ID3 tag, or the eleven bits that every MPEG frame starts with.
        if (first[..3].SequenceEqual("ID3"u8) || (head[0] == 0xFF && (head[1] & 0xE0) == 0xE0))
        {
            return AudioFormat.Mp3;
        }

        throw new AudioFormatException($"{name}: not a WAV, AIFF, FLAC, Ogg or MP3 file.");
    }
}
