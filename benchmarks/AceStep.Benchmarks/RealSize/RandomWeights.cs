using System.Runtime.InteropServices;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Benchmarks.RealSize;

/// <summary>
/// Weights that mean nothing, but keep a network's values in bounds: what is multiplied with n inputs has a variance of
/// 1/n, gains lie around 1, biases around 0. The same tensor gets the same values each time.
/// </summary>
internal static class RandomWeights
{
    private const float SmallSpread = 0.02f;

    /// <summary>Fills the bytes of a whole tensor, bfloat16 or float32.</summary>
    public static void Fill(SafetensorsEntry tensor, Span<byte> bytes)
    {
        (float centre, float spread) = Distribution(tensor);
        Random random = new(StableHash(tensor.Name));
        if (tensor.Type == torch.ScalarType.BFloat16)
        {
            random.NextBytes(bytes);
            foreach (ref short value in MemoryMarshal.Cast<byte, short>(bytes))
            {
                // The upper half of a float32 is a bfloat16.
                value = (short)(BitConverter.SingleToInt32Bits(centre + (value * spread / short.MaxValue)) >> 16);
            }
        }
        else if (tensor.Type == torch.ScalarType.Float32)
        {
            random.NextBytes(bytes);
            Span<float> values = MemoryMarshal.Cast<byte, float>(bytes);
            Span<int> bits = MemoryMarshal.Cast<byte, int>(bytes);
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = centre + (bits[i] * (spread / int.MaxValue));
            }
        }
        else
        {
            throw new NotSupportedException($"{tensor.Name} is {tensor.Type}; the released files hold BF16 and F32.");
        }
    }

    /// <summary>The middle of the values, and how far they reach to both sides.</summary>
    private static (float Centre, float Spread) Distribution(SafetensorsEntry tensor)
    {
        long inputs = tensor.Shape.Skip(1).Aggregate(1L, (product, size) => product * size);
        bool isGain = inputs == 1 && tensor.Name.EndsWith("weight", StringComparison.Ordinal) || tensor.Name.EndsWith("_g", StringComparison.Ordinal);
        return isGain ? (1, SmallSpread)
            : inputs == 1 ? (0, SmallSpread)
            : (0, float.Sqrt(3f / inputs));
    }

    /// <summary>string.GetHashCode differs from process to process.</summary>
    private static int StableHash(string name) => name.Aggregate(17, (hash, character) => unchecked((hash * 31) + character));
}
