using System.Runtime.InteropServices;
using TorchSharp;

namespace AceStep.Models;

/// <summary>The eight-bit floats of the format. TorchSharp has no such type, and bfloat16 holds every value of both exactly.</summary>
internal static class Float8
{
    private const string FourExponentBits = "F8_E4M3";
    private const string FiveExponentBits = "F8_E5M2";

    // There are no infinities: the largest exponent has ordinary values too, and only its last pattern is NaN.
    private static readonly ushort[] E4M3 = Table(mantissaBits: 3, bias: 7, hasInfinity: false);

    // A half float without its last eight bits.
    private static readonly ushort[] E5M2 = Table(mantissaBits: 2, bias: 15, hasInfinity: true);

    /// <summary>Their names in a header.</summary>
    public static IReadOnlyList<string> Names { get; } = [FourExponentBits, FiveExponentBits];

    /// <summary>The type that they are read as.</summary>
    public const torch.ScalarType ReadAs = torch.ScalarType.BFloat16;

    /// <summary>Whether a header's type is one of them.</summary>
    public static bool Is(string storedType) => storedType is FourExponentBits or FiveExponentBits;

    /// <summary>Turns stored values into bfloat16, in place.</summary>
    /// <param name="values">Two bytes for each value; the stored bytes are its second half.</param>
    /// <param name="storedType">The stored type.</param>
    public static void Expand(Span<byte> values, string storedType)
    {
        ReadOnlySpan<ushort> table = storedType == FourExponentBits ? E4M3 : E5M2;
        Span<ushort> wide = MemoryMarshal.Cast<byte, ushort>(values);
        ReadOnlySpan<byte> stored = values[wide.Length..];

        // From the front, each value is written at or before the place of the first one that is still to be read.
        for (int index = 0; index < wide.Length; index++)
        {
            wide[index] = table[stored[index]];
        }
    }

    private static ushort[] Table(int mantissaBits, int bias, bool hasInfinity)
    {
        int steps = 1 << mantissaBits;
        int topExponent = (1 << (7 - mantissaBits)) - 1;
        ushort[] table = new ushort[256];
        for (int code = 0; code < table.Length; code++)
        {
            int exponent = (code & 0x7f) >> mantissaBits;
            int mantissa = code & (steps - 1);
            float size = exponent == topExponent && (hasInfinity || mantissa == steps - 1)
                ? mantissa == 0 ? float.PositiveInfinity : float.NaN
                : exponent == 0 ? MathF.ScaleB((float)mantissa / steps, 1 - bias)
                : MathF.ScaleB(1 + ((float)mantissa / steps), exponent - bias);

            // A bfloat16 is the upper half of a float; none of these values needs the lower.
            table[code] = (ushort)((BitConverter.SingleToUInt32Bits(MathF.Abs(size)) >> 16) | (code < 128 ? 0u : 0x8000u));
        }

        return table;
    }
}
