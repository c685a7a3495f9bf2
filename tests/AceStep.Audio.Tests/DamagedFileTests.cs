using System.Buffers.Binary;

namespace AceStep.Audio.Tests;

/// <summary>Files that are broken or lie: refused with a message, never a crash, a hang or a large allocation.</summary>
public sealed class DamagedFileTests
{
    /// <summary>Offsets in the header that our writer makes for PCM of 16 bits: format 20, channels 22, rate 24, frame 32, bits 34, data size 40.</summary>
    [TestCase(22, 2, 0L, "0 channels")]
    [TestCase(22, 2, 65L, "65 channels")]
    [TestCase(24, 4, 0L, "a sample rate of 0 Hz")]
    [TestCase(24, 4, 0x80000000L, "a sample rate of 2147483648 Hz")]
    [TestCase(20, 2, 0x99L, "encoding 0x0099")]
    [TestCase(34, 2, 40L, "samples of 40 bits")]
    [TestCase(32, 2, 3L, "frames of 3 bytes")]
    [TestCase(40, 4, 0x6FFFFFFFL, "truncated: the 'data' chunk claims 1879048191 bytes")]
    [TestCase(40, 4, 404L, "truncated: the 'data' chunk claims 404 bytes")]
    [TestCase(16, 4, 8L, "the fmt chunk has 8 bytes")]
    [TestCase(16, 4, 0xFFFFFFFFL, "truncated: the 'fmt ' chunk claims")]
    [TestCase(12, 4, 0L, "the samples come before the fmt chunk")]
    public void Load_WavThatLies_IsRefused(int offset, int size, long value, string message)
    {
        byte[] file = Wav16();
        Span<byte> field = file.AsSpan(offset, size);
        for (int i = 0; i < size; i++)
        {
            field[i] = (byte)(value >> (8 * i));
        }

        AssertRefused(file, message);
    }

    [Test]
    public void Load_Rf64Claiming2To40Samples_IsRefused()
    {
        using var file = new MemoryStream();
        using var writer = new BinaryWriter(file);
        writer.Write("RF64"u8);
        writer.Write(uint.MaxValue);
        writer.Write("WAVEds64"u8);
        writer.Write(28);
        writer.Write(1L << 42);
        writer.Write(1L << 41);
        writer.Write(1L << 40);
        writer.Write(0);
        writer.Write(Wav16().AsSpan(12, 28));
        writer.Write(uint.MaxValue);
        writer.Write(new byte[400]);
        AssertRefused(file.ToArray(), "claims 2199023255552 bytes");
    }

    [Test]
    public void Load_FlacClaiming2To35Samples_IsRefusedAsTruncated()
    {
        RequireLibrary();
        byte[] file = Saved(AudioFormat.Flac);
        // STREAMINFO: the last 36 bits before the 16 bytes of MD5.
        ulong field = BinaryPrimitives.ReadUInt64BigEndian(file.AsSpan(18));
        BinaryPrimitives.WriteUInt64BigEndian(file.AsSpan(18), (field & ~0xFFFFFFFFFUL) | 0x800000000UL);
        AssertRefused(file, "truncated");
    }

    [TestCase(AudioFormat.Wav)]
    [TestCase(AudioFormat.Aiff)]
    [TestCase(AudioFormat.Au)]
    [TestCase(AudioFormat.Caf)]
    [TestCase(AudioFormat.Flac)]
    public void Load_LosslessCutAnywhere_IsRefused(AudioFormat format)
    {
        if (format != AudioFormat.Wav)
        {
            RequireLibrary();
        }

        byte[] file = Saved(format);
        for (int length = 0; length < file.Length - 1; length += 1 + (length / 20))
        {
            AssertRefused(file[..length], "");
        }
    }

    [Test]
    public void Load_Wave64CutAnywhere_IsRefused()
    {
        byte[] file = OddFiles.Wave64(Saved(AudioFormat.Wav));
        for (int length = 0; length < file.Length - 8; length += 1 + (length / 20))
        {
            AssertRefused(file[..length], "");
        }
    }

    [Test]
    public void Load_SecondFormatChunk_IsRefused()
    {
        byte[] file = Wav16();
        byte[] other = file[12..];
        other[12] ^= 1;
        AssertRefused([.. file[..36], .. other], "the format changes midway");
    }

    [TestCase(AudioFormat.Mp3, "the sample rate changes midway, from 44100 to 48000 Hz")]
    [TestCase(AudioFormat.Vorbis, "a second sound begins")]
    [TestCase(AudioFormat.Opus, "a second sound begins")]
    [TestCase(AudioFormat.Flac, "several sounds of different rates")]
    public void Load_CompressedThatChangesMidway_IsRefused(AudioFormat format, string message)
    {
        RequireLibrary();
        byte[] first = Saved(format, format == AudioFormat.Opus ? 24000 : 44100);
        byte[] second = Saved(format, 48000);
        AssertRefused([.. first, .. second], message);
    }

    [TestCase(AudioFormat.Vorbis)]
    [TestCase(AudioFormat.Opus)]
    public void Load_OggCutInAPage_IsRefused(AudioFormat format)
    {
        RequireLibrary();
        AssertRefused(Saved(format, 48000)[..^50], "truncated");
    }

    [Test]
    public void Load_Mp3WithoutItsLastFrames_ReadsWhatIsThere()
    {
        RequireLibrary();
        byte[] file = Saved(AudioFormat.Mp3);
        AudioBuffer audio = AudioFile.Load(new MemoryStream(file[..(file.Length / 2)]));
        Assert.That(audio.Length, Is.InRange(500, 4500));
    }

    [TestCase("")]
    [TestCase("RIFF")]
    [TestCase("not audio at all, but long enough")]
    [TestCase("RIFX....WAVEfmt ................")]
    [TestCase("OggS............................................................")]
    [TestCase("fLaC............................................................")]
    [TestCase("ID3.............................................................")]
    public void Load_NotAudio_IsRefused(string content)
    {
        RequireLibrary();
        AssertRefused([.. content.Select(letter => (byte)letter)], "the stream: ");
    }

    [Test]
    public void Load_FileInAFolder_NamesTheFile()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("song.mp3"), "not audio at all, but long enough");
        Assert.That(() => AudioFile.Load(folder.File("song.mp3")), Throws.TypeOf<AudioFormatException>().With.Message.StartsWith("song.mp3: "));
        // Closed again.
        File.Delete(folder.File("song.mp3"));
    }

    private static void AssertRefused(byte[] file, string message)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That(() => AudioFile.Load(new MemoryStream(file)), Throws.TypeOf<AudioFormatException>().With.Message.Contains(message));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(2_000_000));
    }

    private static byte[] Wav16() => Saved(AudioFormat.Wav, encoding: SampleEncoding.Pcm16, length: 100);

    private static byte[] Saved(AudioFormat format, int sampleRate = 44100, SampleEncoding? encoding = null, int length = 5000)
    {
        using var file = new MemoryStream();
        AudioFile.Save(Sounds.Noise(new Random(1), 2, length, sampleRate), file, format, new AudioSaveOptions { Encoding = encoding });
        return file.ToArray();
    }

    private static void RequireLibrary()
    {
        if (!AudioLibrary.IsAvailable)
        {
            Assert.Ignore(AudioLibrary.Requirement);
        }
    }
}
