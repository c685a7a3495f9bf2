namespace TorchSharp;

public static partial class torch
{
    /// <summary>The limits of a floating-point type.</summary>
    public struct FInfo
    {
        public int bits;
        public double eps;
        public double max;
        public double min;
        public double tiny;
        public double smallest_normal;
        public double resolution;
    }

    /// <summary>The limits of the default element type.</summary>
    public static FInfo finfo() => finfo(get_default_dtype());

    /// <summary>The limits of a floating-point element type.</summary>
    public static FInfo finfo(ScalarType dtype) => dtype switch
    {
        // bits, mantissa bits, smallest normal exponent, largest exponent, decimal digits
        ScalarType.Float16 => Limits(16, 10, -14, 15, 1e-3),
        ScalarType.BFloat16 => Limits(16, 7, -126, 127, 1e-2),
        ScalarType.Float32 => Limits(32, 23, -126, 127, 1e-6),
        ScalarType.Float64 => Limits(64, 52, -1022, 1023, 1e-15),
        _ => throw new ArgumentException($"finfo takes a floating-point type, not {dtype}.", nameof(dtype)),
    };

    private static FInfo Limits(int bits, int mantissaBits, int lowestExponent, int highestExponent, double resolution)
    {
        double max = (2 - Math.ScaleB(1, -mantissaBits)) * Math.ScaleB(1, highestExponent);
        double tiny = Math.ScaleB(1, lowestExponent);
        return new FInfo
        {
            bits = bits,
            eps = Math.ScaleB(1, -mantissaBits),
            max = max,
            min = -max,
            tiny = tiny,
            smallest_normal = tiny,
            resolution = resolution,
        };
    }
}
