using AceStep.Audio;
using AceStep.Audio.Files.Reading;
using AceStep.Audio.Files.Wav;

namespace AceStep.Fuzz.Targets;

/// <summary>What looks at a sound file of any format before libsndfile does: tags, formats, the walks through WAV, Wave64, AIFF, AU, CAF, MP3 and Ogg.</summary>
internal sealed class SoundScanTarget : FuzzTarget
{
    public override string Name => "sound-scan";

    public override string Reads => "TagScan, FormatDetector, WavHeader, AiffScan, AuScan, CafScan, Mp3Scan, OggScan and SplicedStream";

    public override IReadOnlyList<string> Words =>
    [
        "RIFF", "WAVE", "fmt ", "data", "fact", "FORM", "AIFF", "AIFC", "COMM", "SSND", "NONE", ".snd", "dns.", "caff", "desc", "lpcm", "alac", "kuki", "pakt", "info", "riff\u002e\u0091\u00cf\u0011\u00a5\u00d6\u0028\u00db\u0004\u00c1\u0000\u0000", "\u00f3\u00ac\u00d3\u0011\u008c\u00d1\u0000\u00c0\u004f\u008e\u00db\u008a", "OggS", "OpusHead", "fLaC", "ID3\u0003\u0000\u0000", "TAG", "APETAGEX", "LYRICS200", "3DI", "Xing", "Info", "VBRI",
        "\u00ff", "ftyp",
    ];

    public override void Read(byte[] input)
    {
        using MemoryStream stream = new(input);
        StreamWindow window = new(stream);
        SoundExtent extent = TagScan.Find(window, 0);
        Require(extent.Start >= 0 && extent.Start <= extent.End && extent.End <= input.Length, "the sound is a part of the file");
        AudioFormat format = FormatDetector.Detect(window.At(extent.Start, (int)Math.Min(extent.End - extent.Start, FormatDetector.HeadLength)), "sound", extent.End - extent.Start);
        List<AudioWarning> warnings = [];
        switch (format)
        {
            case AudioFormat.Wav:
                WavHeader header = WavHeader.Parse(window, extent, "sound", warnings);
                Require(header.DataStart >= 0 && header.DataLength >= 0 && header.DataStart + header.DataLength <= input.Length, "the samples are a part of the file");
                CheckPieces(stream, header.Encoding is null ? header.ForLibrary() : []);
                break;
            case AudioFormat.Aiff:
                CheckPieces(stream, AiffScan.Scan(window, extent, "sound", warnings));
                break;
            case AudioFormat.Au:
                CheckPieces(stream, AuScan.Scan(window, extent, "sound", warnings));
                break;
            case AudioFormat.Caf:
                CheckPieces(stream, new CafScan(window, extent, "sound", warnings).Scan());
                break;
            case AudioFormat.Mp3:
                foreach (IReadOnlyList<Splice> part in Mp3Scan.Scan(window, extent, "sound", warnings))
                {
                    CheckPieces(stream, part);
                }

                break;
            case AudioFormat.Vorbis or AudioFormat.Opus:
                OggScan.Check(window, extent, "sound", warnings);
                break;
        }
    }

    public override bool IsRefusal(Exception error) => error is AudioFormatException;

    private static void CheckPieces(MemoryStream file, IReadOnlyList<Splice> pieces)
    {
        foreach (Splice piece in pieces)
        {
            Require(piece.Start >= 0 && piece.Length >= 0 && piece.Start + piece.Length <= (piece.Bytes?.Length ?? file.Length), "a piece is a part of the file");
        }

        using SplicedStream joined = new(file, pieces);
        Span<byte> block = stackalloc byte[4096];
        long length = 0;
        for (int read; (read = joined.Read(block)) > 0;)
        {
            length += read;
        }

        Require(length == joined.Length, "the pieces are as long as they say");
    }
}
