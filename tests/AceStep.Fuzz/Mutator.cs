using System.Buffers.Binary;
using System.Text;

namespace AceStep.Fuzz;

/// <summary>Damages inputs in ways that are decided by a number.</summary>
internal static class Mutator
{
    private static readonly uint[] Extremes = [0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF];

    private static readonly string[] Numbers =
        ["0", "-1", "1e308", "1e999", "-0.0", "0.1", "2147483647", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808", "1e-400", "NaN", "null", "true", "\"\"", "[]", "{}", "\"\\ud800\""];

    /// <summary>A damaged copy of an input.</summary>
    /// <param name="input">The input.</param>
    /// <param name="other">Another one, which some kinds of damage mix in.</param>
    /// <param name="words">Words of the format, which some kinds of damage put in; may be empty.</param>
    /// <param name="number">Decides what is done.</param>
    public static byte[] Damage(byte[] input, byte[] other, IReadOnlyList<string> words, int number)
    {
        var random = new Random(number);
        byte[] damaged = [.. input];
        for (int round = random.Next(1, 5); round > 0; round--)
        {
            damaged = damaged.Length == 0 ? [.. other] : DamageOnce(damaged, other, words, random);
        }

        return damaged;
    }

    private static byte[] DamageOnce(byte[] input, byte[] other, IReadOnlyList<string> words, Random random)
    {
        int position = Position(input, random);
        int length = random.Next(1, Math.Min(512, input.Length - position) + 1);
        switch (random.Next(12))
        {
            case 0:
                for (int i = random.Next(1, 17); i > 0; i--)
                {
                    input[Position(input, random)] = (byte)random.Next(256);
                }

                return input;
            case 1:
                input[position] ^= (byte)(1 << random.Next(8));
                return input;
            case 2 when input.Length >= 4:
                BinaryPrimitives.WriteUInt32LittleEndian(input.AsSpan(Math.Min(position, input.Length - 4)), Extremes[random.Next(Extremes.Length)]);
                return input;
            case 3 when input.Length >= 4:
                BinaryPrimitives.WriteUInt32BigEndian(input.AsSpan(Math.Min(position, input.Length - 4)), Extremes[random.Next(Extremes.Length)]);
                return input;
            case 4:
                return input[..position];
            case 5:
                return [.. input[..position], .. input[(position + length)..]];
            case 6:
                return [.. input[..(position + length)], .. input[position..]];
            case 7:
                // Another input, or the same one with other settings, midway.
                return [.. input[..position], .. other.AsSpan(random.Next(other.Length + 1))];
            case 8 or 9 when words.Count > 0:
                return [.. input[..position], .. Encoding.UTF8.GetBytes(words[random.Next(words.Count)]), .. input[(random.Next(2) == 0 ? position : position + length)..]];
            case 10:
                return WithNumber(input, position, random);
            default:
                random.NextBytes(input.AsSpan(position, length));
                return input;
        }
    }

    /// <summary>Another number or literal in the place of the digits after a position.</summary>
    private static byte[] WithNumber(byte[] input, int position, Random random)
    {
        int start = input.AsSpan(position).IndexOfAnyInRange((byte)'0', (byte)'9');
        start = start < 0 ? position : position + start;
        int end = start;
        while (end < input.Length && input[end] is >= (byte)'0' and <= (byte)'9')
        {
            end++;
        }

        return [.. input[..start], .. Encoding.ASCII.GetBytes(Numbers[random.Next(Numbers.Length)]), .. input[end..]];
    }

    /// <summary>Half of the damage goes to the first bytes, where the headers are.</summary>
    private static int Position(byte[] input, Random random) =>
        random.Next(2) == 0 ? random.Next(Math.Min(200, input.Length)) : random.Next(input.Length);
}
