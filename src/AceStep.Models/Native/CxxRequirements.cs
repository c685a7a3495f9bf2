using System.Buffers.Binary;

namespace AceStep.Models;

/// <summary>What TorchSharp's library for Linux asks of the system's C++ library, and what it does without.</summary>
internal static class CxxRequirements
{
    private const uint VersionNeeds = 0x6ffffffe;
    private const int RecordSize = 16;
    private const ushort Weak = 2;

    /// <summary>
    /// Asked for by one symbol, which GCC 13's &lt;iostream&gt; mentions so that the library is linked, and which is never
    /// called: marked weak, the loader lets it be missing.
    /// </summary>
    private const string Iostream = "GLIBCXX_3.4.32";

    /// <summary>
    /// Asked for by <c>condition_variable::wait</c>, which may throw since GCC 12. GCC 11's, under the older name, takes
    /// and does the same, and newer libraries have that one too.
    /// </summary>
    private const string Wait = "GLIBCXX_3.4.30";
    private const string OlderWait = "GLIBCXX_3.4.11";

    /// <summary>Changes a library's image in place so that the C++ library of GCC 11 is enough.</summary>
    /// <exception cref="InvalidDataException">The image is not an ELF library, or its records contradict each other.</exception>
    public static void Relax(Span<byte> image)
    {
        Span<byte> needs = ElfFile.FindSection(image, VersionNeeds, out uint fileCount, out uint link);
        Span<byte> names = ElfFile.SectionBytes(image, link);
        Span<byte> wait = [];
        Span<byte> olderWait = [];

        // One record for each library, each with a chain of records, one for each version. Chains only lead forwards, and
        // there cannot be more records than have room: so a file that lies costs no more time than an honest one.
        int recordsLeft = needs.Length / RecordSize;
        ulong file = 0;
        for (uint i = 0; i < fileCount; i++)
        {
            ElfFile.Require(recordsLeft-- > 0, "its version records overlap");
            Span<byte> library = ElfFile.Slice(needs, file, RecordSize);
            int versionCount = BinaryPrimitives.ReadUInt16LittleEndian(library[2..]);
            ulong version = file + BinaryPrimitives.ReadUInt32LittleEndian(library[8..]);
            for (int j = 0; j < versionCount; j++)
            {
                ElfFile.Require(recordsLeft-- > 0, "its version records overlap");
                Span<byte> record = ElfFile.Slice(needs, version, RecordSize);
                uint name = BinaryPrimitives.ReadUInt32LittleEndian(record[8..]);
                if (ElfFile.IsString(names, name, Iostream))
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(record[4..], (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(record[4..]) | Weak));
                }

                wait = ElfFile.IsString(names, name, Wait) ? record : wait;
                olderWait = ElfFile.IsString(names, name, OlderWait) ? record : olderWait;
                if (!Advance(record[12..], ref version))
                {
                    break;
                }
            }

            if (!Advance(library[12..], ref file))
            {
                break;
            }
        }

        if (!wait.IsEmpty && !olderWait.IsEmpty)
        {
            // Hash and name say which version is meant.
            olderWait[..4].CopyTo(wait);
            olderWait.Slice(8, 4).CopyTo(wait[8..]);
        }
    }

    /// <summary>Goes on by the distance that a record gives; zero ends the chain.</summary>
    private static bool Advance(ReadOnlySpan<byte> distance, ref ulong position)
    {
        uint step = BinaryPrimitives.ReadUInt32LittleEndian(distance);
        position += step;
        return step != 0;
    }
}
