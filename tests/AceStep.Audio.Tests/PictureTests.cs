using System.Buffers.Binary;
using System.IO.Compression;

namespace AceStep.Audio.Tests;

public sealed class PictureTests
{
    [TestCase(200)]
    [TestCase(1000)]
    [TestCase(8000)]
    public void MelSpectrogram_Tone_IsLoudestInItsBand(double frequency)
    {
        MelSpectrogram spectrogram = MelSpectrogram.Of(Sounds.Sine(frequency, 1, 1, 44100, channels: 2), 40, 64);
        int expected = (int)spectrogram.BandOf(frequency);
        for (int column = 4; column < 36; column++)
        {
            int loudest = Enumerable.Range(0, spectrogram.Bands).MaxBy(band => spectrogram[column, band]);
            Assert.That(loudest, Is.InRange(expected - 1, expected + 1));
            Assert.That(spectrogram.FrequencyOf(spectrogram.BandOf(frequency)), Is.EqualTo(frequency).Within(0.001));
        }
    }

    [Test]
    public void MelSpectrogram_ToneInTheMiddleOfANarrowBand_HasItsLevel()
    {
        // 93 bins of 4096 at 44.1 kHz, in bands so narrow that each lies between two bins.
        MelSpectrogram spectrogram = MelSpectrogram.Of(Sounds.Sine(93 * 44100.0 / 4096, 0.5, 1, 44100), 9, 2000);
        Assert.That(Enumerable.Range(0, 2000).Max(band => spectrogram[4, band]), Is.EqualTo(-6.02).Within(0.3));
    }

    [TestCase(80, 8)]
    [TestCase(16, 1)]
    [TestCase(200, 40)]
    public void Waveform_AnySize_FillsIt(int width, int height)
    {
        IReadOnlyList<string> lines = TerminalPicture.Waveform(Sounds.Sine(100, 1, 3, 44100), width, height);
        Assert.That(lines, Has.Count.EqualTo(height + 1));
        Assert.That(lines.Take(height).Select(line => line.Length), Is.All.EqualTo(width));
        Assert.That(lines[0][6..], Is.EqualTo(new string('█', width - 6)));
    }

    [Test]
    public void Waveform_QuietThenLoud_RisesInTheMiddle()
    {
        AudioBuffer audio = AudioBuffer.Concatenate([Sounds.Sine(100, 0.3, 1, 44100), Sounds.Sine(100, 1, 1, 44100)]);
        IReadOnlyList<string> lines = TerminalPicture.Waveform(audio, 46, 8);
        Assert.That(lines[0], Is.EqualTo("   +1│" + new string(' ', 20) + new string('█', 20)));
        Assert.That(lines[3], Is.EqualTo("     │" + new string('█', 40)));
        Assert.That(lines[8], Is.EqualTo("      0:00                0:01"));
    }

    [Test]
    public void Spectrogram_Tone_IsOneFullLine()
    {
        IReadOnlyList<string> lines = TerminalPicture.Spectrogram(Sounds.Sine(5000, 0.5, 2, 44100), 60, 12);
        Assert.That(lines.Take(12).Select(line => line.Length), Is.All.EqualTo(60));
        string[] full = [.. lines.Where(line => line[6..].All(letter => letter == '█'))];
        Assert.That(full, Is.EqualTo(new[] { "   5k│" + new string('█', 54) }));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(5000)]
    public void AllPictures_SilenceOfAnyLength_AreEmpty(int length)
    {
        AudioBuffer silence = AudioBuffer.FromPlanar([new float[length]], 48000);
        Assert.That(TerminalPicture.Spectrogram(silence).Take(12).Select(line => line[6..]), Is.All.EqualTo(new string(' ', 74)));
        string[] waveform = [.. TerminalPicture.Waveform(silence).Take(8).Select(line => line[6..])];
        Assert.That(waveform.Where(line => !string.IsNullOrWhiteSpace(line)), Is.EqualTo(new[] { new string('▄', 74) }));
        Assert.That(() => SoundPicture.Save(silence, new MemoryStream()), Throws.Nothing);
    }

    [Test]
    public void SavePicture_Tone_IsAPngWithALineAtItsFrequency()
    {
        using var folder = new TemporaryFolder();
        SoundPicture.Save(Sounds.Sine(2000, 0.5, 1, 48000, channels: 2), folder["tone.png"], "a tone", 640, 480);

        Assert.That(folder.Files, Is.EqualTo(new[] { "tone.png" }));
        (int width, int height, byte[] pixels) = ReadPng(File.ReadAllBytes(folder["tone.png"]));
        Assert.That((width, height), Is.EqualTo((640, 480)));
        // Down a column in the lower half: one bright line; the rest is dark.
        int[] brightness = [.. Enumerable.Range(240, 200).Select(y => pixels[3 * ((y * width) + 320)] + pixels[(3 * ((y * width) + 320)) + 1])];
        Assert.That(brightness.Max(), Is.GreaterThan(400));
        Assert.That(brightness.Count(value => value > 250), Is.InRange(1, 12));
    }

    [TestCase(319, 480)]
    [TestCase(640, 8193)]
    public void SavePicture_SizeOutOfRange_IsRefused(int width, int height)
    {
        Assert.That(
            () => SoundPicture.Save(Sounds.Sine(2000, 0.5, 1, 48000), new MemoryStream(), null, width, height), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    /// <summary>Reads a PNG file of eight-bit true colour, checking every checksum.</summary>
    private static (int Width, int Height, byte[] Pixels) ReadPng(ReadOnlySpan<byte> file)
    {
        Assert.That(file[..8].ToArray(), Is.EqualTo(new byte[] { 0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A }));
        int width = 0;
        int height = 0;
        using var compressed = new MemoryStream();
        List<string> kinds = [];
        for (int position = 8; position < file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file[position..]);
            ReadOnlySpan<byte> chunk = file.Slice(position + 4, length + 4);
            string kind = System.Text.Encoding.ASCII.GetString(chunk[..4]);
            kinds.Add(kind);
            Assert.That(BinaryPrimitives.ReadUInt32BigEndian(file[(position + 8 + length)..]), Is.EqualTo(Crc(chunk)), $"checksum of {kind}");
            if (kind == "IHDR")
            {
                width = BinaryPrimitives.ReadInt32BigEndian(chunk[4..]);
                height = BinaryPrimitives.ReadInt32BigEndian(chunk[8..]);
                Assert.That(chunk[12..].ToArray(), Is.EqualTo(new byte[] { 8, 2, 0, 0, 0 }));
            }
            else if (kind == "IDAT")
            {
                compressed.Write(chunk[4..]);
            }

            position += length + 12;
        }

        Assert.That(kinds, Is.EqualTo(new[] { "IHDR", "IDAT", "IEND" }));
        compressed.Position = 0;
        using var inflate = new ZLibStream(compressed, CompressionMode.Decompress);
        using var raw = new MemoryStream();
        inflate.CopyTo(raw);
        byte[] lines = raw.ToArray();
        int stride = 3 * width;
        Assert.That(lines, Has.Length.EqualTo(height * (stride + 1)));
        var pixels = new byte[height * stride];
        for (int y = 0; y < height; y++)
        {
            Assert.That(lines[y * (stride + 1)], Is.EqualTo(2), "filter");
            for (int x = 0; x < stride; x++)
            {
                byte above = y == 0 ? (byte)0 : pixels[((y - 1) * stride) + x];
                pixels[(y * stride) + x] = (byte)(lines[(y * (stride + 1)) + 1 + x] + above);
            }
        }

        return (width, height, pixels);
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
            }
        }

        return ~crc;
    }
}
