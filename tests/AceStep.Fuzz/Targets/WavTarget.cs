using System.Runtime.InteropServices;
using AceStep.Audio;
using AceStep.Audio.Files.Reading;
using AceStep.Audio.Files.Wav;

namespace AceStep.Fuzz.Targets;

/// <summary>A WAV file of plain samples, decoded and saved again.</summary>
internal sealed class WavTarget : FuzzTarget
{
    public override string Name => "wav";

    public override string Reads => "AudioFile.LoadWithInfo: WAV, RF64 of plain samples; saved as float32 and read again";

    public override IReadOnlyList<string> Words => ["RIFF", "RF64", "BW64", "WAVE", "fmt ", "data", "ds64", "LIST", "INFO", "INAM", "ICMT", "fact", "ID3\u0003\u0000\u0000", "TAG", "APETAGEX", "LYRICS200", "\u00fe\u00ff"];

    // A look at the file, a block of samples, and the writer's.
    public override long Buffers => 2 << 20;

    public override void Read(byte[] input)
    {
        using MemoryStream stream = new(input);
        StreamWindow window = new(stream);
        SoundExtent extent = TagScan.Find(window, 0);
        List<AudioWarning> warnings = [];
        if (FormatDetector.Detect(window.At(extent.Start, (int)Math.Min(extent.End - extent.Start, FormatDetector.HeadLength)), "sound", extent.End - extent.Start) != AudioFormat.Wav
            || WavHeader.Parse(window, extent, "sound", warnings).Encoding is null)
        {
            // Another decoder's.
            throw new AudioFormatException("no plain WAV");
        }

        stream.Position = 0;
        LoadedAudio loaded = AudioFile.LoadWithInfo(stream);
        Require(loaded.Info.Length == loaded.Audio.Length, "the length is what the header says");
        Require(loaded.Warnings.Count == warnings.Count, "the same warnings");
        byte[] saved = AudioFile.Encode(loaded.Audio, AudioFormat.Wav, new AudioSaveOptions { Encoding = SampleEncoding.Float32, Tags = loaded.Info.Tags });
        LoadedAudio again = AudioFile.LoadWithInfo(new MemoryStream(saved));
        Require(again.Audio.SampleRate == loaded.Audio.SampleRate && again.Audio.Channels == loaded.Audio.Channels, "rate and channels come back");
        Require(MemoryMarshal.AsBytes<float>(again.Audio.ToPlanar()).SequenceEqual(MemoryMarshal.AsBytes<float>(loaded.Audio.ToPlanar())), "every sample comes back");
        Require(again.Info.Tags == loaded.Info.Tags, "the tags come back");
    }

    public override bool IsRefusal(Exception error) => error is AudioFormatException;
}
