using System.Buffers.Binary;
using AceStep.Audio.Files.Reading;
using static AceStep.Audio.Tests.OddFiles;

namespace AceStep.Audio.Tests;

/// <summary>Files as real programs write them: odd, harmless, and read whole; what is left out is said, and what is not read is named.</summary>
public sealed class OddFileTests
{
    private static readonly AudioFormat[] Formats = Enum.GetValues<AudioFormat>();

    /// <summary>Files that people really have; see ../shared/cases/README.md.</summary>
    [TestCase("sox-pipe.wav", 240_545, null)]
    [TestCase("trailing8.wav", 88_200, null)]
    [TestCase("ape-tail.wav", 88_200, null)]
    [TestCase("id3v2-front.wav", 88_200, null)]
    [TestCase("partial-frame.wav", 88_199, AudioWarningKind.PartialFrame)]
    [TestCase("flac-id3v1.flac", 264_600, null)]
    [TestCase("mp3-zeros.mp3", 142_664, null)]
    [TestCase("mp3-joined.mp3", 285_328, null)]
    [TestCase("ulaw.wav", 48_000, null)]
    [TestCase("ima.wav", 264_620, null)]
    [TestCase("nan.wav", 2_000, null)]
    public void Load_CaseOfPeople_IsWhole(string name, int length, AudioWarningKind? warning)
    {
        string path = Path.Combine(ReferenceData.RepositoryRoot, "..", "shared", "cases", "audio", name);
        if (!File.Exists(path))
        {
            Assert.Ignore($"{path} is absent.");
        }

        if (name is not ("sox-pipe.wav" or "trailing8.wav" or "ape-tail.wav" or "id3v2-front.wav" or "partial-frame.wav" or "nan.wav"))
        {
            RequireFormat(name.EndsWith(".wav", StringComparison.Ordinal) ? AudioFormat.Aiff : AudioFile.FormatOf(name));
        }

        LoadedAudio loaded = AudioFile.LoadWithInfo(path);

        Assert.That(loaded.Audio.Length, Is.EqualTo(length));
        Assert.That(loaded.Info.Length, Is.EqualTo(length));
        Assert.That(loaded.Warnings.Select(given => given.Kind), Is.EqualTo(warning is { } kind ? new[] { kind } : []));
    }

    [TestCase(0u)]
    [TestCase(0x7F000008u)]
    [TestCase(0xFFFFFFFFu)]
    public void Load_AiffOfOpenSizes_ReadsToTheEnd(uint size)
    {
        RequireFormat(AudioFormat.Aiff);
        byte[] file = Saved(AudioFormat.Aiff);
        int samples = file.AsSpan().IndexOf("SSND"u8);
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(4), size);
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(samples + 4), size);
        AssertSame(file, AudioFormat.Aiff);
        AssertSame([.. file, .. Id3v1], AudioFormat.Aiff);
    }

    [TestCase(0u)]
    [TestCase(0x7FFFF000u)]
    [TestCase(0xFFFFFFFFu)]
    public void Load_AuOfOpenSize_ReadsToTheEnd(uint size)
    {
        RequireFormat(AudioFormat.Au);
        byte[] file = Saved(AudioFormat.Au);
        BinaryPrimitives.WriteUInt32BigEndian(file.AsSpan(8), size);
        AssertSame(file, AudioFormat.Au);
        AssertSame([.. file, .. Id3v1], AudioFormat.Au);
    }

    [TestCase(0L)]
    [TestCase(-1L)]
    [TestCase(long.MaxValue)]
    public void Load_CafOfOpenSize_ReadsToTheEnd(long size)
    {
        RequireFormat(AudioFormat.Caf);
        byte[] file = Saved(AudioFormat.Caf);
        BinaryPrimitives.WriteInt64BigEndian(file.AsSpan(file.AsSpan().IndexOf("data"u8) + 4), size);
        AssertSame(file, AudioFormat.Caf);
        AssertSame([.. file, .. Id3v1], AudioFormat.Caf);
    }

    [TestCase(0L)]
    [TestCase(24L)]
    [TestCase(-1L)]
    [TestCase(long.MaxValue)]
    public void Load_Wave64OfOpenSizes_ReadsToTheEnd(long size)
    {
        byte[] file = Wave64(Saved(AudioFormat.Wav));
        BitConverter.TryWriteBytes(file.AsSpan(16), size);
        BitConverter.TryWriteBytes(file.AsSpan(file.AsSpan().IndexOf("data"u8) + 16), size);
        AssertSame(file, AudioFormat.Wav);
        AssertSame([.. file, .. Id3v1], AudioFormat.Wav);
    }

    [TestCaseSource(nameof(Formats))]
    public void Load_TagsBeforeAndAfter_AreNoSound(AudioFormat format)
    {
        RequireFormat(format);
        byte[] file = Saved(format);
        AssertSame([.. Id3v2, .. file], format);
        AssertSame([.. Id3v2, .. Id3v2, .. new byte[100], .. file, .. Ape, .. Id3v1], format);
        AssertSame([.. file, .. "LYRICSBEGIN[00:01]la la laLYRICSEND"u8, .. Id3v1], format);
        AssertSame([.. file, .. "LYRICSBEGININD0000200"u8, .. "000021LYRICS200"u8, .. Id3v1], format);
        AssertSame([.. file, .. "TAG+"u8, .. new byte[223], .. Id3v1], format);
    }

    [TestCase(1)]
    [TestCase(8)]
    [TestCase(1000)]
    public void Load_BytesAfterTheEnd_AreNoSound(int count)
    {
        byte[] stray = [.. Enumerable.Range(0, count).Select(i => (byte)(i + '1'))];
        AssertSame([.. Saved(AudioFormat.Wav), .. stray], AudioFormat.Wav);
        AssertSame([.. Wave64(Saved(AudioFormat.Wav)), .. stray], AudioFormat.Wav);
        RequireFormat(AudioFormat.Aiff);
        AssertSame([.. Saved(AudioFormat.Aiff), .. stray], AudioFormat.Aiff);
        AssertSame([.. Saved(AudioFormat.Au), .. stray], AudioFormat.Au);
        AssertSame([.. Saved(AudioFormat.Caf), .. stray], AudioFormat.Caf);
        RequireFormat(AudioFormat.Flac);
        AssertSame([.. Saved(AudioFormat.Flac), .. stray], AudioFormat.Flac);
        AssertSame([.. Saved(AudioFormat.Flac), .. new byte[count]], AudioFormat.Flac);
    }

    [TestCase(AudioFormat.Wav, 1)]
    [TestCase(AudioFormat.Wav, 3)]
    [TestCase(AudioFormat.Aiff, 1)]
    [TestCase(AudioFormat.Aiff, 3)]
    [TestCase(AudioFormat.Au, 1)]
    [TestCase(AudioFormat.Au, 3)]
    [TestCase(AudioFormat.Caf, 1)]
    [TestCase(AudioFormat.Caf, 3)]
    public void Load_LastFrameCut_DropsItAndSaysSo(AudioFormat format, int missing)
    {
        RequireFormat(format);
        LoadedAudio loaded = Load(Saved(format)[..^missing]);
        Assert.That(loaded.Audio.ToPlanar(), Is.EqualTo(Load(Saved(format)).Audio.Slice(0, Frames - 1).ToPlanar()));
        Assert.That(loaded.Warnings.Select(warning => warning.ToString()), Is.EqualTo(new[] { $"the stream: the last frame has {4 - missing} of 4 bytes and is dropped." }));
    }

    [TestCase(0)]
    [TestCase(10)]
    [TestCase(70_000)]
    public void Load_Mp3AfterZeros_IsWhole(int zeros)
    {
        RequireFormat(AudioFormat.Mp3);
        AssertSame([.. new byte[zeros], .. Saved(AudioFormat.Mp3)], AudioFormat.Mp3);
    }

    [TestCase("\u0000\u0000\u0000\u0018moov................", "MPEG-4")]
    [TestCase("\u0000\u0000\u0000\u0008widemdat................", "MPEG-4")]
    [TestCase("\u000Bw......................", "AC-3")]
    [TestCase("....ftypM4A ................", "MPEG-4")]
    [TestCase("\0\0\0\u0018ftypmp42................", "MPEG-4")]
    [TestCase("\u001AE\u00DF\u00A3........................", "WebM")]
    [TestCase("0&\u00B2u........................", "Windows Media")]
    [TestCase("\u00FF\u00F1P\u0080........................", "AAC")]
    [TestCase("wvpk....................", "WavPack")]
    public void Load_KnownFormatThatIsNotRead_IsNamedWithTheWayOut(string content, string format)
    {
        byte[] file = [.. content.Select(letter => (byte)letter)];
        Assert.That(
            () => AudioFile.Load(new MemoryStream(file)),
            Throws.TypeOf<AudioFormatException>().With.Message.Matches($"^the stream: {format}.* is not supported; convert it first, for example with 'ffmpeg -i .* song.wav'.$"));
    }

    [Test]
    public void Load_TransportStream_IsNamed()
    {
        byte[] packets = new byte[3 * 188];
        packets[0] = packets[188] = packets[376] = 0x47;
        Assert.That(() => AudioFile.Load(new MemoryStream(packets)), Throws.TypeOf<AudioFormatException>().With.Message.Contains("MPEG transport stream (.ts) is not supported"));
    }

    [TestCase("MThd\0\0\0\u0006\0\u0001\0\u0001\0`", "MIDI (.mid) contains notes, not sound")]
    [TestCase("<!DOCTYPE html><html>", "a web page (HTML)")]
    [TestCase("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1234\n", "a Git LFS pointer (67 bytes) in place of the file of 1234 bytes")]
    [TestCase("PK\u0003\u0004................song.wav....", "a ZIP archive: unpack it first")]
    [TestCase("\u001F\u008B\u0008.................", "a gzip archive: unpack it first")]
    [TestCase("\u0089PNG\r\n\u001A\n............", "a picture (PNG)")]
    [TestCase("{\"error\": \"not found\"}", "a JSON text")]
    public void Load_WhatIsNoSound_IsNamedForWhatItIs(string content, string what)
    {
        byte[] file = [.. content.Select(letter => (byte)letter)];
        Assert.That(() => AudioFile.Load(new MemoryStream(file)), Throws.TypeOf<AudioFormatException>().With.Message.Contains(what));
    }

    [Test]
    public void Load_EndlessPipe_IsBounded()
    {
        byte[] file = [.. Saved(AudioFormat.Wav), .. new byte[200_000]];
        using OneWayStream pipe = new(new MemoryStream(file));
        Assert.That(
            () => Decoders.Open(pipe, leaveOpen: true, "the pipe", mostBytes: 100_000),
            Throws.TypeOf<AudioFormatException>().With.Message.Contains("save it to a file first"));
    }

    [Test]
    public void Load_PipeOfNoAudio_IsRefusedAtTheFirstBytes()
    {
        using MemoryStream endless = new([.. Enumerable.Repeat((byte)'y', 10_000_000)]);
        using OneWayStream pipe = new(endless);
        Assert.That(() => AudioFile.Load(pipe), Throws.TypeOf<AudioFormatException>());
        Assert.That(endless.Position, Is.LessThan(100_000));
    }

    [Test]
    public void Load_NamedPipe_IsRead()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows has no named pipes in folders.");
        }

        using TemporaryFolder folder = new();
        Tool.Run("mkfifo", folder.File("pipe"));
        byte[] file = Saved(AudioFormat.Wav);
        Task writing = Task.Run(() => File.WriteAllBytes(folder.File("pipe"), file));
        AudioBuffer loaded = AudioFile.Load(folder.File("pipe"));
        writing.Wait();
        Assert.That(loaded.ToPlanar(), Is.EqualTo(Load(file).Audio.ToPlanar()));
    }
}
