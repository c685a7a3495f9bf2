using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace AceStep.Audio.Files;

/// <summary>Samples to and from the little-endian bytes of each encoding.</summary>
internal static class PcmCodec
{
    public static int BytesPerSample(SampleEncoding encoding) => encoding switch
    {
        SampleEncoding.Pcm8 => 1,
        SampleEncoding.Pcm16 => 2,
        SampleEncoding.Pcm24 => 3,
        SampleEncoding.Pcm32 or SampleEncoding.Float32 => 4,
        _ => 8,
    };

    /// <summary>Decodes as many samples as <paramref name="samples"/> holds. Full scale of integers is 1.</summary>
    public static void Decode(SampleEncoding encoding, ReadOnlySpan<byte> bytes, Span<float> samples)
    {
        int size = BytesPerSample(encoding);
        for (int i = 0; i < samples.Length; i++)
        {
            ReadOnlySpan<byte> sample = bytes.Slice(i * size, size);
            samples[i] = encoding switch
            {
                SampleEncoding.Pcm8 => (sample[0] - 128) / 128f,
                SampleEncoding.Pcm16 => BinaryPrimitives.ReadInt16LittleEndian(sample) / 32768f,
                SampleEncoding.Pcm24 => (sample[0] | (sample[1] << 8) | ((sbyte)sample[2] << 16)) / 8388608f,
                SampleEncoding.Pcm32 => BinaryPrimitives.ReadInt32LittleEndian(sample) / 2147483648f,
                SampleEncoding.Float32 => BinaryPrimitives.ReadSingleLittleEndian(sample),
                _ => (float)BinaryPrimitives.ReadDoubleLittleEndian(sample),
            };
        }
    }

    /// <summary>Turns the bytes of each sample round: the most significant comes last then, where it came first.</summary>
    public static void TurnBytes(SampleEncoding encoding, Span<byte> bytes)
    {
        int size = BytesPerSample(encoding);
        for (int start = 0; start + size <= bytes.Length; start += size)
        {
            bytes.Slice(start, size).Reverse();
        }
    }

    /// <summary>Encodes integers that fill their 32 bits from the top, as <see cref="Quantizer"/> makes them.</summary>
    public static void EncodeIntegers(SampleEncoding encoding, ReadOnlySpan<int> samples, Span<byte> bytes)
    {
        int size = BytesPerSample(encoding);
        for (int i = 0; i < samples.Length; i++)
        {
            int value = samples[i] >> (32 - (8 * size));
            Span<byte> sample = bytes.Slice(i * size, size);
            switch (encoding)
            {
                case SampleEncoding.Pcm8:
                    sample[0] = (byte)(value + 128);
                    break;
                case SampleEncoding.Pcm16:
                    BinaryPrimitives.WriteInt16LittleEndian(sample, (short)value);
                    break;
                case SampleEncoding.Pcm24:
                    sample[0] = (byte)value;
                    sample[1] = (byte)(value >> 8);
                    sample[2] = (byte)(value >> 16);
                    break;
                default:
                    BinaryPrimitives.WriteInt32LittleEndian(sample, value);
                    break;
            }
        }
    }

    /// <summary>Encodes samples as floating point, unchanged.</summary>
    public static void EncodeFloats(SampleEncoding encoding, ReadOnlySpan<float> samples, Span<byte> bytes)
    {
        if (encoding == SampleEncoding.Float32 && BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(samples).CopyTo(bytes);
            return;
        }

        for (int i = 0; i < samples.Length; i++)
        {
            if (encoding == SampleEncoding.Float32)
            {
                BinaryPrimitives.WriteSingleLittleEndian(bytes[(4 * i)..], samples[i]);
            }
            else
            {
                BinaryPrimitives.WriteDoubleLittleEndian(bytes[(8 * i)..], samples[i]);
            }
        }
    }
}

/// <summary>
/// Rounds samples to integers of 8 to 32 bits, with or without dither. One for each file: the noise goes on
/// from block to block, so that the result does not depend on how the sound was cut into blocks.
/// </summary>
internal sealed class Quantizer
{
    private readonly int _shift;
    private readonly double _scale;
    private readonly bool _dither;
    private ulong _state;

    public Quantizer(SampleEncoding encoding, bool dither, long seed)
    {
        int bits = 8 * PcmCodec.BytesPerSample(encoding);
        _shift = 32 - bits;
        _scale = Math.ScaleB(1, bits - 1);
        _dither = dither;
        _state = unchecked((ulong)seed);
    }

    /// <summary>True for the encodings that need rounding.</summary>
    public static bool IsInteger(SampleEncoding encoding) => encoding < SampleEncoding.Float32;

    /// <summary>Rounds to the nearest step and clamps; the result fills its 32 bits from the top. NaN becomes 0.</summary>
    public void Quantize(ReadOnlySpan<float> samples, Span<int> integers)
    {
        for (int i = 0; i < samples.Length; i++)
        {
            double value = samples[i] * _scale;
            if (_dither)
            {
                value += NextUniform() + NextUniform() - 1;
            }

            value = Math.Round(value);
            integers[i] = double.IsNaN(value) ? 0 : (int)Math.Clamp(value, -_scale, _scale - 1) << _shift;
        }
    }

    /// <summary>SplitMix64, from 0 up to 1: the same on every machine and in every version of .NET.</summary>
    private double NextUniform()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong mixed = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return ((mixed ^ (mixed >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
