namespace TorchSharp;

/// <summary>What a scalar holds, as libtorch distinguishes it.</summary>
internal enum ScalarKind
{
    Int64,
    Double,
    Bool,
}

/// <summary>A number that takes the type of the tensor it meets. Held by managed memory alone: disposing of it is allowed and does nothing.</summary>
public sealed class Scalar : IDisposable
{
    private readonly long _bits;

    private Scalar(ScalarKind kind, long bits)
    {
        Kind = kind;
        _bits = bits;
    }

    internal ScalarKind Kind { get; }

    /// <summary>The widest element type of the scalar's kind: Float64, Int64 or Bool.</summary>
    public torch.ScalarType Type => Kind switch
    {
        ScalarKind.Double => torch.ScalarType.Float64,
        ScalarKind.Bool => torch.ScalarType.Bool,
        _ => torch.ScalarType.Int64,
    };

    public static implicit operator Scalar(byte value) => OfInt64(value);

    public static implicit operator Scalar(sbyte value) => OfInt64(value);

    public static implicit operator Scalar(short value) => OfInt64(value);

    public static implicit operator Scalar(int value) => OfInt64(value);

    public static implicit operator Scalar(long value) => OfInt64(value);

    public static implicit operator Scalar(Half value) => OfDouble((double)value);

    public static implicit operator Scalar(float value) => OfDouble(value);

    public static implicit operator Scalar(double value) => OfDouble(value);

    public static implicit operator Scalar(bool value) => new(ScalarKind.Bool, value ? 1 : 0);

    public void Dispose()
    {
    }

    internal static Scalar OfBits(ScalarKind kind, long bits) => new(kind, bits);

    internal long AsInt64() => Kind == ScalarKind.Double ? (long)AsDouble() : _bits;

    internal double AsDouble() => Kind == ScalarKind.Double ? BitConverter.Int64BitsToDouble(_bits) : _bits;

    private static Scalar OfInt64(long value) => new(ScalarKind.Int64, value);

    private static Scalar OfDouble(double value) => new(ScalarKind.Double, BitConverter.DoubleToInt64Bits(value));
}
