namespace AceStep.Audio.Files;

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
