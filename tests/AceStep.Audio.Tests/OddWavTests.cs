using System.Buffers.Binary;
using static AceStep.Audio.Tests.OddFiles;

namespace AceStep.Audio.Tests;

/// <summary>WAV files as real programs write them.</summary>
public sealed class OddWavTests
{
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

    [Test]
    public void Load_WavThatClaimsAPartialFrame_DropsItAndSaysSo()
    {
        byte[] file = Saved(AudioFormat.Wav);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(40), (4 * Frames) - 1);
        LoadedAudio loaded = Load(file);
        Assert.That(loaded.Audio.Length, Is.EqualTo(Frames - 1));
        Assert.That(loaded.Warnings.Single().Kind, Is.EqualTo(AudioWarningKind.PartialFrame));
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

    [Test]
    public void Load_BigEndianWav_HasTheSamplesOfALittleEndianOne(
        [Values(SampleEncoding.Pcm8, SampleEncoding.Pcm16, SampleEncoding.Pcm24, SampleEncoding.Pcm32, SampleEncoding.Float32, SampleEncoding.Float64)] SampleEncoding encoding,
        [Values(1, 3)] int channels,
        [Values] bool isByTheBook)
    {
        using MemoryStream little = new();
        AudioBuffer sound = Sounds.Noise(new Random(1), channels, 1001, 22050);
        AudioFile.Save(sound, little, AudioFormat.Wav, new AudioSaveOptions { Encoding = encoding, Tags = new AudioTags { Title = "odd", Comment = "even" } });

        LoadedAudio loaded = Load(BigEndian(little.ToArray(), encoding, isByTheBook));

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
            Throws.TypeOf<AudioFormatException>().With.Message.StartsWith($"the stream: samples in WAV encoding {name} are not supported; convert it first"));
}
