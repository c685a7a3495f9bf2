using System.Buffers.Binary;

namespace AceStep.Audio.Tests;

/// <summary>Small files of every format, and what is put around them, turned round or taken away.</summary>
internal static class OddFiles
{
    /// <summary>Samples per channel of a saved file.</summary>
    public const int Frames = 5000;

    public static readonly byte[] Id3v1 = [.. "TAG"u8, .. new byte[125]];
    public static readonly byte[] Id3v2 = [.. "ID3"u8, 3, 0, 0, 0, 0, 1, 4, .. new byte[132]];
    public static readonly byte[] Ape = [.. "APETAGEX"u8, 0xD0, 7, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0, .. new byte[12]];

    public static void AssertSame(byte[] odd, AudioFormat format)
    {
        LoadedAudio loaded = Load(odd);
        Assert.That(loaded.Audio.ToPlanar(), Is.EqualTo(Load(Saved(format)).Audio.ToPlanar()));
        Assert.That(loaded.Warnings, Is.Empty);
    }

    public static LoadedAudio Load(byte[] file) => AudioFile.LoadWithInfo(new MemoryStream(file));

    public static byte[] Saved(AudioFormat format, int seed = 1, int length = Frames)
    {
        using MemoryStream file = new();
        SampleEncoding? encoding = format is AudioFormat.Vorbis or AudioFormat.Opus or AudioFormat.Mp3 ? null : SampleEncoding.Pcm16;
        AudioFile.Save(Sounds.Noise(new Random(seed), 2, length, 48000), file, format, new AudioSaveOptions { Encoding = encoding });
        return file.ToArray();
    }

    /// <summary>A WAV file of compressed samples.</summary>
    public static byte[] Riff(int tag, int channels, int bits, byte[] data, int block = 1, int samples = 0)
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

    /// <summary>A WAV file as Wave64: its chunks with names of 16 bytes, sizes of 8, and at places that are multiples of 8.</summary>
    public static byte[] Wave64(byte[] wav)
    {
        byte[] riff = [.. "riff"u8, 0x2E, 0x91, 0xCF, 0x11, 0xA5, 0xD6, 0x28, 0xDB, 0x04, 0xC1, 0, 0];
        byte[] tail = [0xF3, 0xAC, 0xD3, 0x11, 0x8C, 0xD1, 0, 0xC0, 0x4F, 0x8E, 0xDB, 0x8A];
        List<byte> chunks = [];
        for (int position = 12, size; position + 8 <= wav.Length; position += 8 + size + (size & 1))
        {
            size = BinaryPrimitives.ReadInt32LittleEndian(wav.AsSpan(position + 4));
            chunks.AddRange([.. wav.AsSpan(position, 4), .. tail, .. BitConverter.GetBytes(24L + size), .. wav.AsSpan(position + 8, size)]);
            chunks.AddRange(new byte[-chunks.Count & 7]);
        }

        return [.. riff, .. BitConverter.GetBytes(40L + chunks.Count), .. "wave"u8, .. tail, .. chunks];
    }

    /// <summary>A WAV file with the bytes of all its numbers turned round; as sox does it, but for those within the sub-format.</summary>
    public static byte[] BigEndian(byte[] little, SampleEncoding encoding, bool isByTheBook = true)
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
                    foreach ((int offset, int length) in new[] { (0, 2), (2, 2), (4, 4), (8, 4), (12, 2), (14, 2), (16, 2), (18, 2), (20, 4), (24, isByTheBook ? 4 : 2), (28, 2), (30, 2) }.Where(field => field.Item1 < (isByTheBook ? size : Math.Min(size, 28))))
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

    public static void RequireFormat(AudioFormat format)
    {
        if (!AudioLibrary.Supports(format))
        {
            Assert.Ignore($"{format}: {AudioLibrary.Requirement}");
        }
    }
}
