using System.Buffers.Binary;
using AceStep.Audio.Files.Reading;

namespace AceStep.Audio.Tests;

/// <summary>Files as real programs write them: odd, harmless, and read whole; what is left out is said.</summary>
public sealed class OddFileTests
{
    private const int Frames = 5000;

    private static readonly AudioFormat[] Formats = Enum.GetValues<AudioFormat>();

    private static readonly byte[] Id3v1 = [.. "TAG"u8, .. new byte[125]];
    private static readonly byte[] Id3v2 = [.. "ID3"u8, 3, 0, 0, 0, 0, 1, 4, .. new byte[132]];
    private static readonly byte[] Ape = [.. "APETAGEX"u8, 0xD0, 7, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, .. new byte[12]];

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

    [Test]
    public void Load_WavOfOpenSizes_ReadsToTheEnd(
        [Values(0u, 0x7FFFF000u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFDBu, 0xFFFFFFFFu)] uint data, [Values(0u, 36u, 0x7FFFF024u, 0xFFFFFFFFu)] uint riff)
    {
        byte[] file = Saved(AudioFormat.Wav);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(4), riff);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(40), data);

        AssertSame(file, AudioFormat.Wav);
        AssertSame([.. file, .. Id3v1], AudioFormat.Wav);
    }

    [Test]
    public void Load_WavThatIsEmptyOnPurpose_IsEmpty([Values] bool isFollowed)
    {
        byte[] chunk = isFollowed ? [.. "LIST"u8, 4, 0, 0, 0, .. "INFO"u8] : [];
        byte[] file = [.. Saved(AudioFormat.Wav)[..44], .. chunk, .. Id3v1];
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(4), (uint)(36 + chunk.Length));
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(40), 0);
        Assert.That(AudioFile.Load(new MemoryStream(file)).Length, Is.Zero);
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

    [TestCaseSource(nameof(Formats))]
    public void Load_TagsBeforeAndAfter_AreNoSound(AudioFormat format)
    {
        RequireFormat(format);
        byte[] file = Saved(format);
        AssertSame([.. Id3v2, .. file], format);
        AssertSame([.. Id3v2, .. Id3v2, .. new byte[100], .. file, .. Ape, .. Id3v1], format);
    }

    [TestCase(1)]
    [TestCase(8)]
    [TestCase(1000)]
    public void Load_BytesAfterTheEnd_AreNoSound(int count)
    {
        byte[] stray = [.. Enumerable.Range(0, count).Select(i => (byte)(i + '1'))];
        AssertSame([.. Saved(AudioFormat.Wav), .. stray], AudioFormat.Wav);
        RequireFormat(AudioFormat.Aiff);
        AssertSame([.. Saved(AudioFormat.Aiff), .. stray], AudioFormat.Aiff);
    }

    [Test]
    public void Load_WavWhoseRiffIsTooShort_HasAllItsSamples()
    {
        byte[] file = Saved(AudioFormat.Wav);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(4), 20);
        AssertSame(file, AudioFormat.Wav);
    }

    [Test]
    public void Load_WavCutInWhatFollowsTheSamples_HasAllItsSamples()
    {
        byte[] file = [.. Saved(AudioFormat.Wav), .. "LIST"u8, 0, 1, 0, 0, .. "INFO"u8];
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(4), (uint)(file.Length + 244));
        AssertSame(file, AudioFormat.Wav);
    }

    [TestCase(AudioFormat.Wav, 1)]
    [TestCase(AudioFormat.Wav, 3)]
    [TestCase(AudioFormat.Aiff, 1)]
    [TestCase(AudioFormat.Aiff, 3)]
    public void Load_LastFrameCut_DropsItAndSaysSo(AudioFormat format, int missing)
    {
        RequireFormat(format);
        LoadedAudio loaded = Load(Saved(format)[..^missing]);
        Assert.That(loaded.Audio.ToPlanar(), Is.EqualTo(Load(Saved(format)).Audio.Slice(0, Frames - 1).ToPlanar()));
        Assert.That(loaded.Warnings.Select(warning => warning.ToString()), Is.EqualTo(new[] { $"the stream: the last frame has {4 - missing} of 4 bytes and is dropped." }));
    }

    [Test]
    public void Load_WavThatClaimsAPartialFrame_DropsItAndSaysSo()
    {
        byte[] file = Saved(AudioFormat.Wav);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(40), (4 * Frames) - 1);
        LoadedAudio loaded = Load(file);
        Assert.That(loaded.Audio.Length, Is.EqualTo(Frames - 1));
        Assert.That(loaded.Warnings.Single().Kind, Is.EqualTo(AudioWarningKind.PartialFrame));
    }

    [TestCase(0)]
    [TestCase(10)]
    [TestCase(70_000)]
    public void Load_Mp3AfterZeros_IsWhole(int zeros)
    {
        RequireFormat(AudioFormat.Mp3);
        AssertSame([.. new byte[zeros], .. Saved(AudioFormat.Mp3)], AudioFormat.Mp3);
    }

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
        Assert.That(loaded.Warnings.Single().Message, Is.EqualTo($"the stream: 5000 bytes from byte {middle} on are no MPEG frames and are passed over."));
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

    /// <summary>G.711's extremes and its zero, as the recommendation has them.</summary>
    [TestCase(7, new byte[] { 0xFF, 0x80, 0x00, 0x7F }, new[] { 0, 32124, -32124, 0 })]
    [TestCase(6, new byte[] { 0xD5, 0xAA, 0x2A, 0x55 }, new[] { 8, 32256, -32256, -8 })]
    public void Load_WavOfG711_HasItsSamples(int tag, byte[] samples, int[] expected)
    {
        RequireFormat(AudioFormat.Aiff);
        float[] decoded = AudioFile.Load(new MemoryStream(Riff(tag, channels: 1, bits: 8, samples))).ToPlanar();
        Assert.That(decoded, Is.EqualTo(expected.Select(value => value / 32768f)));
    }

    [Test]
    public void Load_Mp3InRiff_IsTheMp3([Values] bool isOpen)
    {
        RequireFormat(AudioFormat.Mp3);
        byte[] mp3 = Saved(AudioFormat.Mp3);
        byte[] file = Riff(0x55, channels: 2, bits: 0, mp3);
        if (isOpen)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(file.Length - mp3.Length - 4), 0xFFFFFFFF);
        }

        AudioBuffer loaded;
        try
        {
            loaded = AudioFile.Load(new MemoryStream(file));
        }
        catch (AudioFormatException error) when (error.Message.Contains("that can be read", StringComparison.Ordinal))
        {
            Assert.Ignore($"{AudioLibrary.Version} reads no MP3 in WAV.");
            return;
        }

        Assert.That(loaded.Length, Is.InRange(Frames, Frames + (3 * 1152)));
    }

    [TestCase("....ftypM4A ................", "MPEG-4")]
    [TestCase("\0\0\0\u0018ftypmp42................", "MPEG-4")]
    [TestCase("\u001AE\u00DF\u00A3........................", "WebM")]
    [TestCase("0&\u00B2u........................", "Windows Media")]
    [TestCase("\u00FF\u00F1P\u0080........................", "AAC")]
    [TestCase("caff....................", "Core Audio")]
    [TestCase("wvpk....................", "WavPack")]
    public void Load_KnownFormatThatIsNotRead_IsNamedWithTheWayOut(string content, string format)
    {
        byte[] file = [.. content.Select(letter => (byte)letter)];
        Assert.That(
            () => AudioFile.Load(new MemoryStream(file)),
            Throws.TypeOf<AudioFormatException>().With.Message.Matches($"^the stream: {format}.* is not read; convert it first, for example with 'ffmpeg -i .* song.wav'.$"));
    }

    [Test]
    public void Load_EndlessPipe_IsBounded()
    {
        byte[] file = [.. Saved(AudioFormat.Wav), .. new byte[200_000]];
        using OneWayStream pipe = new(new MemoryStream(file));
        Assert.That(
            () => Decoders.Open(pipe, leaveOpen: true, "the pipe", mostBytes: 100_000),
            Throws.TypeOf<AudioFormatException>().With.Message.Contains("write it to a file first"));
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

    private static void AssertSame(byte[] odd, AudioFormat format)
    {
        LoadedAudio loaded = Load(odd);
        Assert.That(loaded.Audio.ToPlanar(), Is.EqualTo(Load(Saved(format)).Audio.ToPlanar()));
        Assert.That(loaded.Warnings, Is.Empty);
    }

    private static LoadedAudio Load(byte[] file) => AudioFile.LoadWithInfo(new MemoryStream(file));

    private static byte[] Saved(AudioFormat format, int seed = 1)
    {
        using MemoryStream file = new();
        SampleEncoding? encoding = format is AudioFormat.Wav or AudioFormat.Aiff or AudioFormat.Flac ? SampleEncoding.Pcm16 : null;
        AudioFile.Save(Sounds.Noise(new Random(seed), 2, Frames, 48000), file, format, new AudioSaveOptions { Encoding = encoding });
        return file.ToArray();
    }

    /// <summary>A WAV file of compressed samples.</summary>
    private static byte[] Riff(int tag, int channels, int bits, byte[] samples)
    {
        using MemoryStream file = new();
        using BinaryWriter writer = new(file);
        bool isMp3 = tag == 0x55;
        writer.Write("RIFF"u8);
        writer.Write((isMp3 ? 50 : 38) + samples.Length);
        writer.Write("WAVEfmt "u8);
        writer.Write(isMp3 ? 30 : 18);
        writer.Write((ushort)tag);
        writer.Write((ushort)channels);
        writer.Write(48000);
        writer.Write(48000);
        writer.Write((ushort)1);
        writer.Write((ushort)bits);
        writer.Write((ushort)(isMp3 ? 12 : 0));
        writer.Write(isMp3 ? [1, 0, 2, 0, 0, 0, 0xC0, 3, 1, 0, 0x71, 5] : Array.Empty<byte>());
        writer.Write("data"u8);
        writer.Write(samples.Length);
        writer.Write(samples);
        return file.ToArray();
    }

    private static void RequireFormat(AudioFormat format)
    {
        if (!AudioLibrary.Supports(format))
        {
            Assert.Ignore($"{format}: {AudioLibrary.Requirement}");
        }
    }
}
