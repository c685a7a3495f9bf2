using System.Runtime.InteropServices;
using System.Text;

namespace AceStep.Fuzz;

/// <summary>Text from an input: UTF-8, in which what is damaged becomes U+FFFD; or, behind the byte 0xFE, UTF-16, which may hold half a character.</summary>
internal static class InputText
{
    private const byte IsUtf16 = 0xFE;

    public static string Of(ReadOnlySpan<byte> input) => input is [IsUtf16, .. var rest]
        ? new string(MemoryMarshal.Cast<byte, char>(rest[..(rest.Length & ~1)]))
        : Encoding.UTF8.GetString(input);
}
