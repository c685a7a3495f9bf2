using AceStep.Audio.Files.Reading;
using static AceStep.Audio.Tests.OddFiles;

namespace AceStep.Audio.Tests;

/// <summary>Files joined to one, and files with something among their sound or with less than all of it: all is heard, refused, or told.</summary>
public sealed class JoinedFileTests
{
    [Test]
    public void Load_Mp3sJoined_AreBothHeard([Values("", "id3v1", "id3v2", "zeros")] string between)
    {
        RequireFormat(AudioFormat.Mp3);
        byte[] tag = between switch { "id3v1" => Id3v1, "id3v2" => Id3v2, "zeros" => new byte[500], _ => [] };
        byte[] first = Saved(AudioFormat.Mp3);
        byte[] second = Saved(AudioFormat.Mp3, seed: 2);

        LoadedAudio loaded = Load([.. first, .. tag, .. second]);

        AudioBuffer both = AudioBuffer.Concatenate([Load(first).Audio, Load(second).Audio]);
        Assert.That(loaded.Audio.ToPlanar(), Is.EqualTo(both.ToPlanar()));
        Assert.That(loaded.Info.Length, Is.EqualTo(both.Length));
        Assert.That(loaded.Warnings, Is.Empty);
    }

    [Test]
    public void Load_Mp3sJoinedWithoutTheSecondsHeader_AreBothHeard()
    {
        RequireFormat(AudioFormat.Mp3);
        byte[] first = Saved(AudioFormat.Mp3);
        byte[] second = Saved(AudioFormat.Mp3, seed: 2);
        int header = Mp3Frame.At(new StreamWindow(new MemoryStream(second)), 0, second.Length)!.Value.Length;
        Assert.That(AudioFile.Load(new MemoryStream([.. first, .. second[header..]])).Length, Is.AtLeast(2 * Frames));
    }

    [Test]
    public void Load_Mp3WithGarbageMidway_IsHeardToTheEndAndSaysSo()
    {
        RequireFormat(AudioFormat.Mp3);
        byte[] file = Saved(AudioFormat.Mp3);
        var garbage = new byte[5000];
        new Random(1).NextBytes(garbage);
        int middle = 0;
        StreamWindow window = new(new MemoryStream(file));
        while (middle < file.Length / 2)
        {
            middle += Mp3Frame.At(window, middle, file.Length)!.Value.Length;
        }

        LoadedAudio loaded = Load([.. file[..middle], .. garbage, .. file[middle..]]);

        Assert.That(loaded.Audio.ToPlanar(), Is.EqualTo(Load(file).Audio.ToPlanar()));
        Assert.That(loaded.Warnings.Single().Message, Is.EqualTo($"the stream: 5000 bytes from byte {middle} on are not MPEG frames and are skipped."));
    }

    [Test]
    public void Load_Mp3ThatStops_SaysWhatIsMissing()
    {
        RequireFormat(AudioFormat.Mp3);
        byte[] file = Saved(AudioFormat.Mp3);
        LoadedAudio loaded = Load(file[..(file.Length / 2)]);
        Assert.That(loaded.Audio.Length, Is.InRange(500, Frames - 500));
        Assert.That(loaded.Warnings.Select(warning => warning.Kind), Is.EqualTo(new[] { AudioWarningKind.PartialFrame, AudioWarningKind.CutShort }));
    }

    [TestCase(AudioFormat.Wav)]
    [TestCase(AudioFormat.Aiff)]
    [TestCase(AudioFormat.Au)]
    [TestCase(AudioFormat.Caf)]
    public void Load_FilesJoinedByTheirBytes_AreRefused(AudioFormat format)
    {
        RequireFormat(format);
        byte[] file = Saved(format);
        Assert.That(
            () => AudioFile.Load(new MemoryStream([.. file, .. Saved(format, seed: 2)])),
            Throws.TypeOf<AudioFormatException>().With.Message.EqualTo($"the stream: a second sound begins at byte {file.Length}; split the file first."));
    }

    [Test]
    public void Load_Wave64sJoinedByTheirBytes_AreRefused()
    {
        byte[] file = Wave64(Saved(AudioFormat.Wav));
        Assert.That(
            () => AudioFile.Load(new MemoryStream([.. file, .. file])),
            Throws.TypeOf<AudioFormatException>().With.Message.EqualTo($"the stream: a second sound begins at byte {file.Length}; split the file first."));
    }

    [TestCase(AudioFormat.Vorbis)]
    [TestCase(AudioFormat.Opus)]
    public void Load_OggsJoinedWithBytesBetween_AreRefused(AudioFormat format)
    {
        RequireFormat(format);
        byte[] file = Saved(format);
        foreach (byte[] between in new byte[][] { [], [.. "stray"u8], Id3v1, new byte[70_000] })
        {
            Assert.That(
                () => AudioFile.Load(new MemoryStream([.. file, .. between, .. file])),
                Throws.TypeOf<AudioFormatException>().With.Message.EqualTo($"the stream: a second sound begins at byte {file.Length + between.Length}; split the file first."));
        }
    }

    [TestCase(0)]
    [TestCase(128)]
    [TestCase(70_000)]
    public void Load_FlacsJoined_AreBothHeard(int between)
    {
        RequireFormat(AudioFormat.Flac);
        byte[] first = Saved(AudioFormat.Flac);
        byte[] second = Saved(AudioFormat.Flac, seed: 2);

        LoadedAudio loaded = Load([.. first, .. new byte[between], .. second]);

        Assert.That(loaded.Audio.ToPlanar(), Is.EqualTo(AudioBuffer.Concatenate([Load(first).Audio, Load(second).Audio]).ToPlanar()));
        Assert.That(loaded.Info.Length, Is.EqualTo(2 * Frames));
    }

    [TestCase(AudioFormat.Vorbis)]
    [TestCase(AudioFormat.Opus)]
    public void Load_OggWithoutItsLastPage_SaysThatTheRestMayBeMissing(AudioFormat format)
    {
        RequireFormat(format);
        byte[] file = Saved(format, length: 200_000);
        int last = file.AsSpan().LastIndexOf("OggS"u8);

        LoadedAudio loaded = Load(file[..last]);

        Assert.That(loaded.Audio.Length, Is.InRange(1, 199_999));
        Assert.That(loaded.Warnings.Single().Kind, Is.EqualTo(AudioWarningKind.CutShort));
    }
}
