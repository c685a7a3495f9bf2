using System.Text;
using AceStep.Audio.Files.Wav;

namespace AceStep.Audio.Files.Reading;

/// <summary>Tells a format from a file's first bytes.</summary>
internal static class FormatDetector
{
    /// <summary>How many bytes <see cref="Detect"/> looks at.</summary>
    public const int HeadLength = 512;

    private const int ShortestHead = 12;

    /// <summary>What each packet of a transport stream begins with, and its length.</summary>
    private const byte TransportMark = 0x47;
    private const int TransportPacket = 188;

    private static readonly string[] Mpeg4Parts = ["ftyp", "moov", "mdat", "wide", "free", "skip", "pnot"];

    /// <summary>What people have that is sound and is not read: where the bytes stand, which they are, what it is called.</summary>
    private static readonly (int Offset, byte[] Bytes, string Name)[] Others =
    [
        (0, [0x1A, 0x45, 0xDF, 0xA3], "WebM or Matroska (.webm, .mkv, .mka)"),
        (0, [0x30, 0x26, 0xB2, 0x75], "Windows Media (.wma, .wmv, .asf)"),
        (0, [.. "wvpk"u8], "WavPack (.wv)"),
        (0, [.. "MAC "u8], "Monkey's Audio (.ape)"),
        (0, [.. "TTA1"u8], "True Audio (.tta)"),
        (0, [.. "MPCK"u8], "Musepack (.mpc)"),
        (0, [.. "MP+"u8], "Musepack (.mpc)"),
        (0, [.. "DSD "u8], "DSD (.dsf)"),
        (0, [.. "FRM8"u8], "DSD (.dff)"),
        (0, [.. "ADIF"u8], "AAC (.aac)"),
        (0, [.. "#!AMR"u8], "AMR (.amr)"),
        (0, [.. "FLV"u8], "Flash video (.flv)"),
        (8, [.. "AVI "u8], "AVI video (.avi)"),
        (0, [0, 0, 1, 0xBA], "MPEG video (.mpg)"),
        (0, [0x0B, 0x77], "AC-3 (.ac3)"),
        (0, [0x7F, 0xFE, 0x80, 0x01], "DTS (.dts)"),
        (0, [.. ".RMF"u8], "RealMedia (.rm)"),
        (0, [.. "Creative Voice File"u8], "Creative Voice (.voc)"),
        (8, [.. "8SVX"u8], "Amiga IFF (.8svx)"),
        (0, [.. "OFR "u8], "OptimFROG (.ofr)"),
        (28, [.. "Speex   "u8], "Speex (.spx)"),
        (28, [0x80, .. "theora"u8], "Ogg video (.ogv)"),
        (28, [0x7F, .. "FLAC"u8], "FLAC in Ogg (.oga)"),
    ];

    /// <summary>Names the format of a file.</summary>
    /// <param name="head">Its first bytes: <see cref="HeadLength"/> of them, or all that it has.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="length">Its length, as far as it is known.</param>
    /// <exception cref="AudioFormatException">They are those of none of the formats.</exception>
    public static AudioFormat Detect(ReadOnlySpan<byte> head, string name, long length)
    {
        if (head.Length < ShortestHead)
        {
            throw new AudioFormatException($"{name}: {head.Length} bytes are too few for any audio format.");
        }

        RefuseOthers(head, name);
        ReadOnlySpan<byte> first = head[..4];
        ReadOnlySpan<byte> kind = head[8..12];
        if (first.SequenceEqual("RIFF"u8) || first.SequenceEqual("RF64"u8) || first.SequenceEqual("BW64"u8) || first.SequenceEqual("RIFX"u8)
            || head.StartsWith(Wave64Parser.Mark))
        {
            return AudioFormat.Wav;
        }

        if (first.SequenceEqual("FORM"u8) && (kind.SequenceEqual("AIFF"u8) || kind.SequenceEqual("AIFC"u8)))
        {
            return AudioFormat.Aiff;
        }

        if (first.SequenceEqual(".snd"u8) || first.SequenceEqual("dns."u8))
        {
            return AudioFormat.Au;
        }

        if (first.SequenceEqual("caff"u8))
        {
            return AudioFormat.Caf;
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
        return first.StartsWith("ID3"u8) || IsMpeg(head)
            ? AudioFormat.Mp3
            : throw new AudioFormatException($"{name}: not a WAV, AIFF, AU, CAF, FLAC, Ogg or MP3 file{(ForeignFile.Describe(head, length) is { } what ? $", but {what}" : "")}.");
    }

    private static void RefuseOthers(ReadOnlySpan<byte> head, string name)
    {
        if (head.StartsWith("MThd"u8))
        {
            throw new AudioFormatException($"{name}: MIDI (.mid) contains notes, not sound; render it to a WAV file with a synthesizer first.");
        }

        // MPEG-4 begins with its brand (M4A, mp42, qt, 3gp and many more), QuickTime with any of its parts. AAC's frames have the layer that MP3's have not.
        string? other = Mpeg4Parts.Contains(Encoding.Latin1.GetString(head[4..8])) ? "MPEG-4 (.m4a, .mp4, .mov)"
            : IsMpeg(head) && (head[1] & 0x16) == 0x10 ? "AAC (.aac)"
            : head[0] == TransportMark && head.Length > TransportPacket && head[TransportPacket] == TransportMark ? "MPEG transport stream (.ts)"
            : null;
        foreach ((int offset, byte[] bytes, string what) in Others)
        {
            other ??= head.Length > offset && head[offset..].StartsWith(bytes) ? what : null;
        }

        if (other is not null)
        {
            throw new AudioFormatException($"{name}: {other} is not supported; convert it first, for example with 'ffmpeg -i {name} song.wav'.");
        }
    }

    private static bool IsMpeg(ReadOnlySpan<byte> head) => head[0] == 0xFF && (head[1] & 0xE0) == 0xE0;
}
