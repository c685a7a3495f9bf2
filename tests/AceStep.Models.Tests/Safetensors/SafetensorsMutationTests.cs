using System.Buffers.Binary;
using System.Text;

namespace AceStep.Models.Tests;

/// <summary>Damaged headers by the thousand, always the same ones.</summary>
[TestFixture]
public sealed class SafetensorsMutationTests
{
    private const int Rounds = 12_000;

    private const string Header = """
        {"__metadata__":{"format":"pt","note":"\u00e9\n"},
         "a.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},
         "b.weight":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},
         "c":{"dtype":"I64","shape":[],"data_offsets":[32,40]},
         "d":{"dtype":"BOOL","shape":[0,7],"data_offsets":[40,40]},
         "e":{"dtype":"U8","shape":[8],"data_offsets":[40,48]}}
        """;

    private static readonly string[] Fragments =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\ud800", "\\u0061", "null", "true", "-1", "1.5", "1e3", "0", "8", "40", "48",
        "9223372036854775807", "18446744073709551615", "99999999999999999999999", "\"F64\"", "\"U8\"", "\"F8_E5M2\"", "\"dtype\"",
        "\"shape\"", "\"data_offsets\"", "\"__metadata__\"", "\"a.weight\"", "[[", "{{", "/**/", "\u0000", "\u2028", "NaN",
    ];

    [Test]
    public void Parse_MutatedHeaders_AreRefusedByRuleOrWellFormed()
    {
        byte[] valid = SafetensorsHeaderTests.Bytes(Header, 48);
        Random random = new(20250131);
        int accepted = 0;
        int refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] mutated = Mutate(valid, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                SafetensorsHeader header = Parse(mutated);
                AssertAllocatedLittle(before, mutated);
                AssertWellFormed(header, mutated.Length);
                accepted++;
            }
            catch (CheckpointFormatException error)
            {
                AssertAllocatedLittle(before, mutated);
                Assert.That(error.File, Is.EqualTo("mutated"));
                Assert.That(error.Rule, Is.Not.Empty);
                refused++;
            }
        }

        TestContext.Out.WriteLine($"{refused} refused, {accepted} accepted");
        Assert.That(refused, Is.GreaterThan(Rounds / 2));
        Assert.That(accepted, Is.GreaterThan(Rounds / 100));
    }

    [Test]
    public void Open_MutatedFiles_AreRefusedByRuleOrReadable()
    {
        byte[] valid = SafetensorsHeaderTests.Bytes(Header, 48);
        Random random = new(7);
        using TemporaryFile file = new();
        for (int round = 0; round < 1_000; round++)
        {
            byte[] mutated = Mutate(valid, random);
            File.WriteAllBytes(file.Path, mutated);
            try
            {
                using SafetensorsFile opened = SafetensorsFile.Open(file.Path);
                Assert.That(opened.Entries.Values.Sum(entry => entry.ByteCount), Is.LessThanOrEqualTo(mutated.Length));
            }
            catch (CheckpointFormatException error)
            {
                Assert.That(error.File, Is.EqualTo(file.Path));
            }
        }
    }

    private static SafetensorsHeader Parse(byte[] file)
    {
        if (file.Length < SafetensorsHeader.LengthFieldSize)
        {
            throw new CheckpointFormatException("mutated", "too short");
        }

        int length = SafetensorsHeader.ParseLength(file.AsSpan(0, SafetensorsHeader.LengthFieldSize), file.Length, "mutated");
        return SafetensorsHeader.Parse(file.AsSpan(SafetensorsHeader.LengthFieldSize, length), file.Length, "mutated");
    }

    private static void AssertWellFormed(SafetensorsHeader header, long fileLength)
    {
        long end = header.Entries.Count == 0 ? fileLength : header.Entries[0].Offset;
        foreach (SafetensorsEntry entry in header.Entries)
        {
            Assert.That(entry.Offset, Is.EqualTo(end));
            Assert.That(entry.ByteCount, Is.EqualTo(entry.Shape.Aggregate(1L, (product, size) => product * size) * SafetensorsType.SizeOf(entry.Type)));
            end += entry.ByteCount;
        }

        Assert.That(end, Is.EqualTo(fileLength));
        Assert.That(header.Entries.Select(entry => entry.Name), Is.Unique);
    }

    // The entries and their names; an exception with its trace and message. Never what a damaged size or length promises.
    private static void AssertAllocatedLittle(long before, byte[] file) =>
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(100_000 + (64 * file.Length)));

    private static byte[] Mutate(byte[] valid, Random random)
    {
        List<byte> bytes = [.. valid];
        int changes = random.Next(1, 4);
        for (int change = 0; change < changes && bytes.Count > 0; change++)
        {
            int position = random.Next(bytes.Count);
            switch (random.Next(8))
            {
                case 0:
                    bytes[position] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[position] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(position, Math.Min(random.Next(1, 20), bytes.Count - position));
                    break;
                case 3:
                    bytes.InsertRange(position, Encoding.UTF8.GetBytes(Fragments[random.Next(Fragments.Length)]));
                    break;
                case 4:
                    byte[] fragment = Encoding.UTF8.GetBytes(Fragments[random.Next(Fragments.Length)]);
                    bytes.RemoveRange(position, Math.Min(fragment.Length, bytes.Count - position));
                    bytes.InsertRange(position, fragment);
                    break;
                case 5:
                    bytes.InsertRange(random.Next(bytes.Count), bytes.GetRange(position, Math.Min(random.Next(1, 70), bytes.Count - position)));
                    break;
                case 6:
                    bytes.RemoveRange(position, bytes.Count - position);
                    break;
                default:
                    // Another digit: offsets and sizes that are numbers still.
                    int digit = bytes.FindIndex(position, value => value is >= (byte)'0' and <= (byte)'9');
                    if (digit >= 0)
                    {
                        bytes[digit] = (byte)('0' + random.Next(10));
                    }

                    break;
            }
        }

        byte[] mutated = [.. bytes];
        if (random.Next(4) > 0 && mutated.Length >= SafetensorsHeader.LengthFieldSize)
        {
            // Most keep a length field that fits, or nothing behind it would ever be reached.
            int dataLength = Math.Min(48, mutated.Length - SafetensorsHeader.LengthFieldSize);
            BinaryPrimitives.WriteInt64LittleEndian(mutated, mutated.Length - SafetensorsHeader.LengthFieldSize - dataLength);
        }

        return mutated;
    }
}
