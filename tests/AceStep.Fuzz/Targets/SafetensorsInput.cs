using System.Buffers.Binary;
using System.Buffers.Text;

namespace AceStep.Fuzz.Targets;

/// <summary>
/// A safetensors file from an input: the input itself, or, where it begins as a header's JSON does, a file of that header with the
/// length and the data that it asks for. No mutation would keep all three in step.
/// </summary>
internal static class SafetensorsInput
{
    private const int MostData = 64 << 10;

    /// <summary>A number above 0 in each type of float, true as a BOOL.</summary>
    private const byte Datum = 1;

    public static byte[] Of(byte[] input)
    {
        if (input is not [(byte)'{', ..])
        {
            return input;
        }

        byte[] file = new byte[sizeof(long) + input.Length + DataLength(input)];
        BinaryPrimitives.WriteInt64LittleEndian(file, input.Length);
        input.CopyTo(file, sizeof(long));
        file.AsSpan(sizeof(long) + input.Length).Fill(Datum);
        return file;
    }

    /// <summary>The greatest end of a tensor's data.</summary>
    private static int DataLength(ReadOnlySpan<byte> header)
    {
        long length = 0;
        for (int offsets; (offsets = header.IndexOf("data_offsets"u8)) >= 0;)
        {
            header = header[(offsets + 1)..];
            int close = Math.Max(header.IndexOf((byte)']'), 0);
            int comma = header[..close].LastIndexOf((byte)',');
            if (Utf8Parser.TryParse(header[(comma + 1)..close].TrimStart((byte)' '), out long end, out _))
            {
                length = Math.Max(length, end);
            }
        }

        return (int)Math.Min(length, MostData);
    }
}
