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
        RequireFormat(AudioFormat.Aiff);
        AssertSame([.. Saved(AudioFormat.Aiff), .. stray], AudioFormat.Aiff);
        RequireFormat(AudioFormat.Flac);
        AssertSame([.. Saved(AudioFormat.Flac), .. stray], AudioFormat.Flac);
        AssertSame([.. Saved(AudioFormat.Flac), .. new byte[count]], AudioFormat.Flac);
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

    [TestCase("\u0000\u0000\u0000\u0018moov................", "MPEG-4")]
    [TestCase("\u0000\u0000\u0000\u0008widemdat................", "MPEG-4")]
    [TestCase(".snd....................", "Sun audio")]
    [TestCase("riff.\u0091\u00CF\u0011................", "Wave64")]
    [TestCase("\u000Bw......................", "AC-3")]
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
    public void Load_TransportStream_IsNamed()
    {
        byte[] packets = new byte[3 * 188];
        packets[0] = packets[188] = packets[376] = 0x47;
        Assert.That(() => AudioFile.Load(new MemoryStream(packets)), Throws.TypeOf<AudioFormatException>().With.Message.Contains("MPEG transport stream (.ts) is not read"));
    }

    [TestCase("MThd\0\0\0\u0006\0\u0001", "MIDI (.mid) holds notes, not sound")]
    [TestCase("<!DOCTYPE html><html>", "a web page (HTML)")]
    [TestCase("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1234\n", "a pointer of Git LFS (67 bytes), which stands for the file of 1234 bytes")]
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
    public void Load_BigEndianWav_HasTheSamplesOfALittleEndianOne(
        [Values(SampleEncoding.Pcm8, SampleEncoding.Pcm16, SampleEncoding.Pcm24, SampleEncoding.Pcm32, SampleEncoding.Float32, SampleEncoding.Float64)] SampleEncoding encoding,
        [Values(1, 3)] int channels)
    {
        using MemoryStream little = new();
        AudioBuffer sound = Sounds.Noise(new Random(1), channels, 1001, 22050);
        AudioFile.Save(sound, little, AudioFormat.Wav, new AudioSaveOptions { Encoding = encoding, Tags = new AudioTags { Title = "odd", Comment = "even" } });

        LoadedAudio loaded = Load(BigEndian(little.ToArray(), encoding));

        Assert.That(loaded.Audio.ToPlanar(), Is.EqualTo(Load(little.ToArray()).Audio.ToPlanar()));
        Assert.That(loaded.Info.Encoding, Is.EqualTo(encoding));
        Assert.That(loaded.Info.Tags, Is.EqualTo(new AudioTags { Title = "odd", Comment = "even" }));
    }

    [Test]
    public void Load_BigEndianWavOfG711_HasItsSamples()
    {
        RequireFormat(AudioFormat.Aiff);
        byte[] little = Riff(7, channels: 1, bits: 8, [0xFF, 0x80, 0x00, 0x7F]);
        Assert.That(Load(BigEndian(little, SampleEncoding.Pcm8)).Audio.ToPlanar(), Is.EqualTo(Load(little).Audio.ToPlanar()));
    }

    [TestCase(AudioFormat.Wav)]
    [TestCase(AudioFormat.Aiff)]
    public void Load_FilesJoinedByTheirBytes_AreRefused(AudioFormat format)
    {
        RequireFormat(format);
        byte[] file = Saved(format);
        Assert.That(
            () => AudioFile.Load(new MemoryStream([.. file, .. Saved(format, seed: 2)])),
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

    /// <summary>Chunks as editors and recorders put them around the sound, of odd and even lengths, with and without the byte that makes them even.</summary>
    [Test]
    public void Load_WavOfManyChunks_IsTheSound([Values(0, 1, 13, 28)] int length, [Values] bool isPadded, [Values("JUNK", "bext", "LIST", "id3 ", "\0\0\0\0")] string id)
    {
        byte[] file = Saved(AudioFormat.Wav);
        byte[] chunk = [.. id.Select(letter => (byte)letter), (byte)length, 0, 0, 0, .. Enumerable.Repeat((byte)'x', length), .. new byte[isPadded ? length & 1 : 0]];
        foreach (byte[] odd in new byte[][] { [.. file[..12], .. chunk, .. file[12..]], [.. file[..36], .. chunk, .. file[36..]], [.. file, .. chunk] })
        {
            BinaryPrimitives.WriteUInt32LittleEndian(odd.AsSpan(4), (uint)(odd.Length - 8));
            AssertSame(odd, AudioFormat.Wav);
        }
    }

    [Test]
    public void Load_WavOfOneFormatTwice_IsTheSound()
    {
        byte[] file = Saved(AudioFormat.Wav);
        AssertSame([.. file[..36], .. file[12..]], AudioFormat.Wav);
    }

    /// <summary>Fewer bits than the bytes have room for stand at their upper end.</summary>
    [TestCase(12, 16)]
    [TestCase(20, 24)]
    [TestCase(5, 8)]
    public void Load_WavOfBitsThatFillNoByte_IsReadByTheBytes(int bits, int room)
    {
        using MemoryStream saved = new();
        SampleEncoding encoding = room switch { 8 => SampleEncoding.Pcm8, 16 => SampleEncoding.Pcm16, _ => SampleEncoding.Pcm24 };
        AudioFile.Save(Sounds.Noise(new Random(1), 2, 100, 48000), saved, AudioFormat.Wav, new AudioSaveOptions { Encoding = encoding });
        byte[] file = saved.ToArray();
        int place = 20 + 14;
        Assert.That(file[place], Is.EqualTo(room));
        file[place] = (byte)bits;
        Assert.That(Load(file).Audio.ToPlanar(), Is.EqualTo(Load(saved.ToArray()).Audio.ToPlanar()));
    }

    /// <summary>ffmpeg's RF64 into a pipe: the sizes were left for later.</summary>
    [TestCase(0ul)]
    [TestCase(ulong.MaxValue)]
    public void Load_Rf64OfOpenSizes_ReadsToTheEnd(ulong size)
    {
        byte[] file = Saved(AudioFormat.Wav);
        byte[] sizes = [.. "ds64"u8, 28, 0, 0, 0, .. new byte[28]];
        BinaryPrimitives.WriteUInt64LittleEndian(sizes.AsSpan(16), size);
        foreach (string kind in new[] { "RF64", "BW64" })
        {
            byte[] odd = [.. kind.Select(letter => (byte)letter), 0xFF, 0xFF, 0xFF, 0xFF, .. "WAVE"u8, .. sizes, .. file[12..]];
            BinaryPrimitives.WriteUInt32LittleEndian(odd.AsSpan(40 + sizes.Length), 0xFFFFFFFF);
            AssertSame(odd, AudioFormat.Wav);
            AssertSame([.. odd, .. Id3v1], AudioFormat.Wav);
        }
    }

    [Test]
    public void Load_AdpcmWhoseLastBlockIsCut_SaysSo()
    {
        RequireFormat(AudioFormat.Aiff);
        byte[] blocks = new byte[2 * 512];
        byte[] file = Riff(0x11, channels: 2, bits: 4, blocks, block: 512, samples: 505);
        LoadedAudio whole = Load(file);
        LoadedAudio cut = Load(file[..^100]);
        Assert.That(whole.Warnings, Is.Empty);
        Assert.That(cut.Audio.Length, Is.InRange(505, whole.Audio.Length));
        Assert.That(cut.Warnings.Select(warning => warning.Message), Is.EqualTo(new[] { "the stream: the last frame has 412 of 512 bytes and is dropped." }));
    }

    [TestCase((ushort)0x50, "0x0050 (MPEG layer II)")]
    [TestCase((ushort)0xFF, "0x00FF (AAC)")]
    [TestCase((ushort)0x1234, "0x1234")]
    public void Load_WavOfAnEncodingThatIsNotRead_NamesItWithTheWayOut(ushort tag, string name) =>
        Assert.That(
            () => Load(Riff(tag, channels: 2, bits: 0, new byte[100])),
            Throws.TypeOf<AudioFormatException>().With.Message.StartsWith($"the stream: samples in WAV encoding {name} are not read; convert it first"));

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

    private static byte[] Saved(AudioFormat format, int seed = 1, int length = Frames)
    {
        using MemoryStream file = new();
        SampleEncoding? encoding = format is AudioFormat.Wav or AudioFormat.Aiff or AudioFormat.Flac ? SampleEncoding.Pcm16 : null;
        AudioFile.Save(Sounds.Noise(new Random(seed), 2, length, 48000), file, format, new AudioSaveOptions { Encoding = encoding });
        return file.ToArray();
    }

    /// <summary>A WAV file of compressed samples.</summary>
    private static byte[] Riff(int tag, int channels, int bits, byte[] data, int block = 1, int samples = 0)
    {
        using MemoryStream file = new();
        using BinaryWriter writer = new(file);
        bool isMp3 = tag == 0x55;
        writer.Write("RIFF"u8);
        byte[] more = isMp3 ? [1, 0, 2, 0, 0, 0, 0xC0, 3, 1, 0, 0x71, 5] : samples > 0 ? BitConverter.GetBytes((ushort)samples) : [];
        writer.Write(38 + more.Length + data.Length);
        writer.Write("WAVEfmt "u8);
        writer.Write(18 + more.Length);
        writer.Write((ushort)tag);
        writer.Write((ushort)channels);
        writer.Write(48000);
        writer.Write(48000);
        writer.Write((ushort)block);
        writer.Write((ushort)bits);
        writer.Write((ushort)more.Length);
        writer.Write(more);
        writer.Write("data"u8);
        writer.Write(data.Length);
        writer.Write(data);
        return file.ToArray();
    }

    /// <summary>A WAV file with the bytes of all its numbers turned round.</summary>
    private static byte[] BigEndian(byte[] little, SampleEncoding encoding)
    {
        byte[] big = [.. little];
        big[3] = (byte)'X';
        Array.Reverse(big, 4, 4);
        int width = encoding switch { SampleEncoding.Pcm8 => 1, SampleEncoding.Pcm16 => 2, SampleEncoding.Pcm24 => 3, SampleEncoding.Float64 => 8, _ => 4 };
        for (int position = 12, size; position + 8 <= little.Length; position += 8 + size + (size & 1))
        {
            size = BinaryPrimitives.ReadInt32LittleEndian(little.AsSpan(position + 4));
            Array.Reverse(big, position + 4, 4);
            int content = position + 8;
            switch (System.Text.Encoding.ASCII.GetString(little, position, 4))
            {
                case "fmt ":
                    foreach ((int offset, int length) in new[] { (0, 2), (2, 2), (4, 4), (8, 4), (12, 2), (14, 2), (16, 2), (18, 2), (20, 4), (24, 4), (28, 2), (30, 2) }.Where(field => field.Item1 < size))
                    {
                        Array.Reverse(big, content + offset, length);
                    }

                    break;
                case "fact":
                    Array.Reverse(big, content, 4);
                    break;
                case "LIST":
                    for (int text = content + 4, length; text < content + size; text += 8 + length + (length & 1))
                    {
                        length = BinaryPrimitives.ReadInt32LittleEndian(little.AsSpan(text + 4));
                        Array.Reverse(big, text + 4, 4);
                    }

                    break;
                case "data":
                    for (int sample = 0; sample < size; sample += width)
                    {
                        Array.Reverse(big, content + sample, width);
                    }

                    break;
            }
        }

        return big;
    }

    private static void RequireFormat(AudioFormat format)
    {
        if (!AudioLibrary.Supports(format))
        {
            Assert.Ignore($"{format}: {AudioLibrary.Requirement}");
        }
    }
}
