using System.Buffers.Binary;

namespace AceStep.Audio.Fuzz;

/// <summary>Damages files in ways that are decided by a number.</summary>
internal static class Mutator
{
    private static readonly uint[] Extremes = [0, 1, 2, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF];

    /// <summary>A damaged copy of <paramref name="file"/>; some kinds of damage mix in <paramref name="other"/>.</summary>
    public static byte[] Damage(byte[] file, byte[] other, int number)
    {
        var random = new Random(number);
        byte[] damaged = [.. file];
        for (int round = random.Next(1, 4); round > 0; round--)
        {
            damaged = DamageOnce(damaged, other, random);
        }

        // Ogg drops pages whose checksum is wrong; with the right one, damage reaches the decoders.
        if (random.Next(4) != 0)
        {
            OggChecksum.Correct(damaged);
        }

        return damaged;
    }

    private static byte[] DamageOnce(byte[] file, byte[] other, Random random)
    {
        if (file.Length < 8)
        {
            return file;
        }

        int position = Position(file, random);
        int length = random.Next(1, Math.Min(512, file.Length - position) + 1);
        switch (random.Next(9))
        {
            case 0:
                for (int i = random.Next(1, 17); i > 0; i--)
                {
                    file[Position(file, random)] = (byte)random.Next(256);
                }

                return file;
            case 1:
                file[position] ^= (byte)(1 << random.Next(8));
                return file;
            case 2:
            {
                Span<byte> number = file.AsSpan(Math.Min(position, file.Length - 4), 4);
                BinaryPrimitives.WriteUInt32LittleEndian(number, Extremes[random.Next(Extremes.Length)]);
                return file;
            }

            case 3:
            {
                Span<byte> number = file.AsSpan(Math.Min(position, file.Length - 4), 4);
                BinaryPrimitives.WriteUInt32BigEndian(number, Extremes[random.Next(Extremes.Length)]);
                return file;
            }

            case 4:
                return file[..position];
            case 5:
                return [.. file[..position], .. file[(position + length)..]];
            case 6:
                return [.. file[..(position + length)], .. file[position..]];
            case 7:
                // Another format, or the same one with other settings, midway.
                return [.. file[..position], .. other];
            default:
                random.NextBytes(file.AsSpan(position, length));
                return file;
        }
    }

    /// <summary>Half of the damage goes to the first bytes, where the headers are.</summary>
    private static int Position(byte[] file, Random random) =>
        random.Next(2) == 0 ? random.Next(Math.Min(200, file.Length)) : random.Next(file.Length);
}
