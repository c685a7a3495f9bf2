using System.Buffers.Binary;
using System.Text;

namespace AceStep.Models;

/// <summary>The parts of a 64-bit ELF file that loading needs; every offset and count in it may lie.</summary>
/// <remarks>The format: "System V Application Binary Interface" and, for versions, "Linux Standard Base, Symbol Versioning".</remarks>
internal static class ElfFile
{
    public const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int SectionHeaderSize = 64;

    private const ushort SharedObject = 3;
    private const ushort X64 = 62;
    private const uint LoadSegment = 1;

    /// <summary>Throws unless a file is a shared library for Linux on x64 that holds all that its segments promise.</summary>
    /// <exception cref="InvalidDataException">It is something else, or cut short.</exception>
    public static void RequireWhole(string path)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> header = stackalloc byte[HeaderSize];
        RequireHeader(header[..file.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false)]);

        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        Require(BinaryPrimitives.ReadUInt16LittleEndian(header[54..]) == ProgramHeaderSize, "its program headers have an unknown size");
        int length = count * ProgramHeaderSize;
        Require(table <= (ulong)file.Length && (ulong)length <= (ulong)file.Length - table, "it ends before its program headers");
        byte[] segments = new byte[length];
        file.Position = (long)table;
        file.ReadExactly(segments);

        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> segment = segments.AsSpan(i * ProgramHeaderSize, ProgramHeaderSize);
            if (BinaryPrimitives.ReadUInt32LittleEndian(segment) == LoadSegment)
            {
                ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(segment[8..]);
                ulong size = BinaryPrimitives.ReadUInt64LittleEndian(segment[32..]);
                Require(offset <= (ulong)file.Length && size <= (ulong)file.Length - offset, $"it ends after {file.Length} bytes, before its last segment");
            }
        }
    }

    /// <summary>The bytes of the first section of a type.</summary>
    /// <param name="image">The file.</param>
    /// <param name="type">The type: an SHT_ constant.</param>
    /// <param name="info">The section's field "info".</param>
    /// <param name="link">The index of the section that it refers to.</param>
    /// <exception cref="InvalidDataException">There is none, or an offset leaves the file.</exception>
    public static Span<byte> FindSection(Span<byte> image, uint type, out uint info, out uint link)
    {
        RequireHeader(image);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(image[60..]);
        for (int i = 0; i < count; i++)
        {
            Span<byte> section = SectionHeader(image, (uint)i);
            if (BinaryPrimitives.ReadUInt32LittleEndian(section[4..]) == type)
            {
                link = BinaryPrimitives.ReadUInt32LittleEndian(section[40..]);
                info = BinaryPrimitives.ReadUInt32LittleEndian(section[44..]);
                return SectionBytes(image, (uint)i);
            }
        }

        throw new InvalidDataException($"it has no section of type 0x{type:x}");
    }

    /// <summary>The bytes of a section.</summary>
    /// <exception cref="InvalidDataException">There is no such section, or it leaves the file.</exception>
    public static Span<byte> SectionBytes(Span<byte> image, uint index)
    {
        Span<byte> section = SectionHeader(image, index);
        return Slice(image, BinaryPrimitives.ReadUInt64LittleEndian(section[24..]), BinaryPrimitives.ReadUInt64LittleEndian(section[32..]));
    }

    /// <summary>A part of the file.</summary>
    /// <exception cref="InvalidDataException">The part leaves the file.</exception>
    public static Span<byte> Slice(Span<byte> bytes, ulong offset, ulong size)
    {
        Require(offset <= (ulong)bytes.Length && size <= (ulong)bytes.Length - offset, "an offset leaves the file");
        return bytes.Slice((int)offset, (int)size);
    }

    /// <summary>Whether a string of a table, which ends with a zero, is this text.</summary>
    public static bool IsString(Span<byte> table, uint offset, string text)
    {
        Span<byte> start = offset <= (uint)table.Length ? table[(int)offset..] : [];
        return start.Length > text.Length && start[text.Length] == 0 && start.StartsWith(Encoding.ASCII.GetBytes(text));
    }

    public static void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw new InvalidDataException(problem);
        }
    }

    private static void RequireHeader(ReadOnlySpan<byte> header)
    {
        // Magic number, 64 bits, little-endian.
        Require(header.Length >= HeaderSize && header.StartsWith("\u007fELF\u0002\u0001"u8), "it is not a library for 64-bit Linux");
        Require(
            BinaryPrimitives.ReadUInt16LittleEndian(header[16..]) == SharedObject && BinaryPrimitives.ReadUInt16LittleEndian(header[18..]) == X64,
            "it is not a shared library for x64");
    }

    private static Span<byte> SectionHeader(Span<byte> image, uint index)
    {
        Require(index < BinaryPrimitives.ReadUInt16LittleEndian(image[60..]), "a section's index is out of range");
        Require(BinaryPrimitives.ReadUInt16LittleEndian(image[58..]) == SectionHeaderSize, "its section headers have an unknown size");
        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(image[40..]);
        Require(table <= (ulong)image.Length, "an offset leaves the file");
        return Slice(image, table + ((ulong)index * SectionHeaderSize), SectionHeaderSize);
    }
}
