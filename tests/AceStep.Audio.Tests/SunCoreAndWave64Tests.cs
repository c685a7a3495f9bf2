using System.Buffers.Binary;
using static AceStep.Audio.Tests.OddFiles;

namespace AceStep.Audio.Tests;

/// <summary>AU, CAF and Wave64 as other programs write them, and what of them is refused.</summary>
public sealed class SunCoreAndWave64Tests
{
    /// <summary>Every encoding that libsndfile's own program writes, against what that program reads of it. It cuts off the bits that it does not store, which costs 6 dB beside rounding.</summary>
    [TestCase("au", "-pcms8", 31)]
    [TestCase("au", "-pcm24", 128)]
    [TestCase("au", "-pcm16 -endian=little", 80)]
    [TestCase("au", "-ulaw", 30)]
    [TestCase("au", "-alaw", 30)]
    [TestCase("caf", "-pcm16 -endian=little", 80)]
    [TestCase("caf", "-pcm32", 140)]
    [TestCase("caf", "-ulaw", 30)]
    [TestCase("caf", "-alaw", 30)]
    [TestCase("caf", "-alac16", 80)]
    [TestCase("caf", "-alac24", 128)]
    [TestCase("w64", "-pcmu8", 31)]
    [TestCase("w64", "-pcm24", 128)]
    [TestCase("w64", "-pcm32", 140)]
    [TestCase("w64", "-ulaw", 30)]
    [TestCase("w64", "-ima-adpcm", 20)]
    [TestCase("w64", "-ms-adpcm", 20)]
    public void Load_OfAnotherProgram_IsWhatThatReads(string extension, string options, double least)
    {
        RequireFormat(AudioFormat.Caf);
        using TemporaryFolder folder = new();
        AudioBuffer audio = Sounds.Sine(700, 0.25, 0.5, 48000);
        audio.Save(folder.File("source.wav"), new AudioSaveOptions { Encoding = SampleEncoding.Pcm32 });
        string path = folder.File("sound." + extension);
        Tool.Run("sndfile-convert", [.. options.Split(' '), folder.File("source.wav"), path]);

        LoadedAudio loaded = AudioFile.LoadWithInfo(path);

        Tool.Run("sndfile-convert", "-pcm32", path, folder.File("other.wav"));
        AudioBuffer other = AudioFile.Load(folder.File("other.wav"));
        Assert.That(loaded.Audio.ToPlanar(), Is.EqualTo(other.ToPlanar()));
        Assert.That(loaded.Audio.Length, Is.InRange(audio.Length, audio.Length + 1024), "compressed blocks are filled up");
        Assert.That(loaded.Info.Length, Is.EqualTo(loaded.Audio.Length));
        Assert.That(loaded.Warnings, Is.Empty);
        Assert.That(Decibels.SignalToNoise(loaded.Audio.Slice(0, audio.Length), audio), Is.AtLeast(least));
    }

    /// <summary>What ffmpeg writes where it cannot go back to fill in a size.</summary>
    [TestCase("au", "pcm_s16be")]
    [TestCase("au", "pcm_alaw")]
    [TestCase("caf", "pcm_s24le")]
    [TestCase("caf", "pcm_f32be")]
    [TestCase("w64", "pcm_s16le")]
    [TestCase("w64", "pcm_f64le")]
    public void Load_OfFfmpegInAPipe_IsTheSound(string format, string codec)
    {
        RequireFormat(AudioFormat.Caf);
        Tool.Require("ffmpeg");
        using TemporaryFolder folder = new();
        AudioBuffer audio = Sounds.Noise(new Random(1), 2, 20_001, 44100);
        audio.Save(folder.File("source.wav"));
        string path = folder.File("sound." + format);
        Tool.Run("sh", "-c", $"ffmpeg -v error -i '{folder.File("source.wav")}' -c:a {codec} -f {format} - | cat > '{path}'");

        LoadedAudio loaded = AudioFile.LoadWithInfo(path);

        Assert.That(loaded.Audio.Length, Is.EqualTo(audio.Length));
        Assert.That(loaded.Warnings, Is.Empty);
        Assert.That(Decibels.SignalToNoise(loaded.Audio, audio), Is.AtLeast(codec == "pcm_alaw" ? 30 : 80));
    }

    /// <summary>G.711's extremes and its zero, as the recommendation has them.</summary>
    [TestCase(1u, new byte[] { 0xFF, 0x80, 0x00, 0x7F }, new[] { 0, 32124, -32124, 0 })]
    [TestCase(27u, new byte[] { 0xD5, 0xAA, 0x2A, 0x55 }, new[] { 8, 32256, -32256, -8 })]
    [TestCase(2u, new byte[] { 0, 1, 0x7F, 0x80 }, new[] { 0, 256, 0x7F00, -32768 })]
    public void Load_AuByHand_HasItsSamples(uint encoding, byte[] samples, int[] expected)
    {
        RequireFormat(AudioFormat.Au);
        LoadedAudio loaded = Load(Au(24, (uint)samples.Length, encoding, 8000, 1, samples));
        Assert.That(loaded.Audio.Channel(0).ToArray(), Is.EqualTo(expected.Select(sample => sample / 32768f)));
        Assert.That(loaded.Info, Is.EqualTo(new AudioFileInfo { Format = AudioFormat.Au, Encoding = encoding == 2 ? SampleEncoding.Pcm8 : null, SampleRate = 8000, Channels = 1, Length = 4 }));
    }

    [Test]
    public void Load_AuWithAnAnnotation_HasNothingOfItInTheSound()
    {
        RequireFormat(AudioFormat.Au);
        byte[] file = Au(56, 8, 3, 8000, 2, [.. new byte[32], 0, 1, 0, 2, 0x7F, 0xFF, 0x80, 0]);
        Assert.That(Load(file).Audio.ToPlanar(), Is.EqualTo(new[] { 1 / 32768f, 32767 / 32768f, 2 / 32768f, -1 }));
    }

    [TestCase(24u, 4u, 99u, 8000u, 1u, "samples in AU encoding 99 are not supported; convert it first")]
    [TestCase(24u, 4u, 3u, 0u, 1u, "a sample rate of 0 Hz")]
    [TestCase(24u, 4u, 3u, 8000u, 0u, "0 channels")]
    [TestCase(24u, 4u, 3u, 8000u, 100_000u, "100000 channels")]
    [TestCase(8u, 4u, 3u, 8000u, 1u, "the samples begin at byte 8")]
    [TestCase(0xFFFFFFF0u, 4u, 3u, 8000u, 1u, "the samples begin at byte 4294967280")]
    [TestCase(24u, 0x60000000u, 3u, 8000u, 1u, "truncated: the samples claim 1610612736 bytes, the file has 4 left")]
    public void Load_AuThatIsDamaged_IsRefused(uint offset, uint size, uint encoding, uint rate, uint channels, string message)
    {
        RequireFormat(AudioFormat.Au);
        AssertRefused(Au(offset, size, encoding, rate, channels, new byte[4]), message);
    }

    [Test]
    public void Load_CafByHand_HasItsSamples([Values] bool isLittleEndian, [Values] bool isTagged)
    {
        RequireFormat(AudioFormat.Caf);
        byte[] samples = isLittleEndian ? [1, 0, 2, 0, 0xFF, 0x7F, 0, 0x80] : [0, 1, 0, 2, 0x7F, 0xFF, 0x80, 0];
        byte[] texts = [0, 0, 0, 2, .. "title\0Twelve\0comments\0by hand\0"u8];
        byte[] file = Caf(Description("lpcm", isLittleEndian ? 2u : 0, 4, 2, 16), isTagged ? [.. Chunk("free", new byte[5]), .. Chunk("data", [0, 0, 0, 7, .. samples]), .. Chunk("info", texts)] : Chunk("data", [0, 0, 0, 0, .. samples]));

        LoadedAudio loaded = Load(file);

        Assert.That(loaded.Audio.ToPlanar(), Is.EqualTo(new[] { 1 / 32768f, 32767 / 32768f, 2 / 32768f, -1 }));
        Assert.That(loaded.Info.Tags, Is.EqualTo(isTagged ? new AudioTags { Title = "Twelve", Comment = "by hand" } : new AudioTags()));
        Assert.That(loaded.Warnings, Is.Empty);
    }

    [TestCase("aac ", 2u, 0u, "samples in CAF encoding 'aac ' (AAC) are not supported; convert it first, for example with 'ffmpeg -i the stream song.wav'")]
    [TestCase("\u0001\u0002\u0003x", 2u, 0u, "samples in CAF encoding '???x' are not supported")]
    [TestCase("lpcm", 2u, 12u, "frames of 4 bytes do not fit 2 channels of 12 bits")]
    [TestCase("lpcm", 0x40000000u, 32u, "channels")]
    public void Load_CafThatIsNotRead_IsNamed(string encoding, uint channels, uint bits, string message)
    {
        RequireFormat(AudioFormat.Caf);
        AssertRefused(Caf(Description(encoding, 0, 4, channels, bits), Chunk("data", new byte[12])), message);
    }

    [Test]
    public void Load_CafThatIsDamaged_IsRefused()
    {
        RequireFormat(AudioFormat.Caf);
        byte[] description = Description("lpcm", 0, 4, 2, 16);
        byte[] data = Chunk("data", new byte[12]);
        AssertRefused(Caf(data), "the desc chunk must come first");
        AssertRefused(Caf(description), "the data chunk is missing");
        AssertRefused(Caf(Chunk("desc", new byte[20]), data), "the desc chunk has 20 bytes; it must have 32");
        AssertRefused(Caf(description, data, data), "a second data chunk");
        AssertRefused(Caf(description, description, data), "a second desc chunk");
        AssertRefused(Caf(description, [.. "free"u8, 0x7F, 0, 0, 0, 0, 0, 0, 0]), "truncated: the 'free' chunk claims");
        AssertRefused(Caf(description, [.. "data"u8, 0, 0, 0, 0x10, 0, 0, 0, 0, 1, 2, 3, 4]), "truncated: the samples claim 68719476736 bytes, the file has 4 left");
        AssertRefused(Caf([description, .. Enumerable.Repeat(Chunk("free", []), 10_001)]), "more than 10000 chunks");
    }

    /// <summary>libsndfile would print these faults on standard output.</summary>
    [Test]
    public void Load_AlacWithoutItsPackets_IsRefused()
    {
        RequireFormat(AudioFormat.Caf);
        byte[] description = Description("alac", 1, 0, 2, 0);
        byte[] data = Chunk("data", new byte[100]);
        byte[] table = [.. new byte[24], 0x30];
        AssertRefused(Caf(description, data), "the pakt chunk is missing");
        AssertRefused(Caf(description, Chunk("pakt", [.. table, 0x81]), data), "the pakt chunk is damaged: it ends too early");
        AssertRefused(Caf(description, Chunk("pakt", new byte[10]), data), "the pakt chunk is damaged: it ends too early");
        AssertRefused(Caf(description, Chunk("pakt", [.. table, 0x81, 0x82, 0x83, 0x84, 0x05]), data), "a packet's length has too many bytes");
        AssertRefused(Caf(description, Chunk("pakt", table), Chunk("pakt", table), data), "a second pakt chunk");
    }

    [Test]
    public void Load_Wave64_IsTheWav([Values(1, 2, 3)] int channels, [Values] SampleEncoding encoding)
    {
        AudioBuffer audio = Sounds.Noise(new Random(1), channels, 1001, 48000);
        byte[] wav = audio.Encode(AudioFormat.Wav, new AudioSaveOptions { Encoding = encoding });

        LoadedAudio loaded = Load(Wave64(wav));

        Assert.That(loaded.Audio.ToPlanar(), Is.EqualTo(Load(wav).Audio.ToPlanar()));
        Assert.That(loaded.Info, Is.EqualTo(Load(wav).Info));
        Assert.That(loaded.Warnings, Is.Empty);
    }

    [Test]
    public void Load_Wave64ThatIsDamaged_IsRefused()
    {
        byte[] file = Wave64(Saved(AudioFormat.Wav));
        int data = file.AsSpan().IndexOf("data"u8);
        AssertRefused([.. file[..40], .. file[data..]], "the samples come before the fmt chunk");
        AssertRefused(file[..data], "the data chunk is missing");
        AssertRefused(file[..40], "the fmt chunk is missing");
        AssertRefused([.. file, .. file[data..]], "a second data chunk");
        AssertRefused([.. file[..(data + 16)], 0, 0, 0, 0, 1, 0, 0, 0, .. file[(data + 24)..]], "truncated: the 'data' chunk claims 4294967296 bytes with its header, the file has 20000 after it");
        AssertRefused([.. file[..(40 + 16)], 1, 0, 0, 0, 0, 0, 0, 0, .. file[(40 + 24)..]], "truncated: the 'fmt ' chunk claims 1 bytes with its header");
    }

    [Test]
    public void Load_Wave64LastFrameCut_DropsItAndSaysSo()
    {
        byte[] file = Wave64(Saved(AudioFormat.Wav));
        LoadedAudio loaded = Load(file[..^3]);
        Assert.That(loaded.Audio.ToPlanar(), Is.EqualTo(Load(file).Audio.Slice(0, Frames - 1).ToPlanar()));
        Assert.That(loaded.Warnings.Select(warning => warning.ToString()), Is.EqualTo(new[] { "the stream: the last frame has 1 of 4 bytes and is dropped." }));
    }

    [TestCase(AudioFormat.Au)]
    [TestCase(AudioFormat.Caf)]
    [TestCase(AudioFormat.Wav)]
    public void Load_FromAPipe_IsRead(AudioFormat format)
    {
        RequireFormat(format);
        byte[] file = format == AudioFormat.Wav ? Wave64(Saved(format)) : Saved(format);
        using OneWayStream pipe = new(new MemoryStream(file));
        Assert.That(AudioFile.Load(pipe).ToPlanar(), Is.EqualTo(Load(file).Audio.ToPlanar()));
    }

    private static void AssertRefused(byte[] file, string message)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => Load(file), Throws.TypeOf<AudioFormatException>().With.Message.Contains(message));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(2_000_000));
    }

    private static byte[] Au(uint offset, uint size, uint encoding, uint rate, uint channels, byte[] rest)
    {
        byte[] header = new byte[24];
        ".snd"u8.CopyTo(header);
        uint[] numbers = [offset, size, encoding, rate, channels];
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4 + (4 * i)), numbers[i]);
        }

        return [.. header, .. rest];
    }

    private static byte[] Caf(params byte[][] chunks) => [.. "caff"u8, 0, 1, 0, 0, .. chunks.SelectMany(chunk => chunk)];

    private static byte[] Description(string encoding, uint flags, uint packet, uint channels, uint bits)
    {
        byte[] content = new byte[32];
        BinaryPrimitives.WriteDoubleBigEndian(content, 44100);
        System.Text.Encoding.Latin1.GetBytes(encoding).CopyTo(content, 8);
        uint[] numbers = [flags, packet, 1, channels, bits];
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(content.AsSpan(12 + (4 * i)), numbers[i]);
        }

        return Chunk("desc", content);
    }

    private static byte[] Chunk(string id, byte[] content)
    {
        byte[] size = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(size, content.Length);
        return [.. System.Text.Encoding.ASCII.GetBytes(id), .. size, .. content];
    }
}
