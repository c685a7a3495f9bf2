using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace AceStep.Server.Http;

/// <summary>Looks at text in JSON where it lies: it may be longer than anybody wants to copy.</summary>
internal static class LargeText
{
    private const int BytesOfACharacter = 6;

    private static ReadOnlySpan<byte> DataScheme => "data:"u8;

    /// <summary>Whether a text is longer than so many characters for certain, seen without copying it.</summary>
    public static bool IsLonger(JsonElement value, int characters) => value.ValueKind == JsonValueKind.String && JsonMarshal.GetRawUtf8Value(value).Length - 2 > (long)BytesOfACharacter * characters;

    /// <summary>Whether a value is a data: address, written without escapes: its bytes are the address.</summary>
    public static bool IsPlainData(JsonElement value) => PlainData(value).Length > 0;

    /// <summary>The bytes of a data: address that is written without escapes; empty for anything else.</summary>
    public static ReadOnlySpan<byte> PlainData(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return [];
        }

        ReadOnlySpan<byte> text = JsonMarshal.GetRawUtf8Value(value)[1..^1];
        return text.Length > DataScheme.Length && Ascii.EqualsIgnoreCase(text[..DataScheme.Length], DataScheme) && !text.Contains((byte)'\\') && Utf8.IsValid(text) ? text : [];
    }

    /// <summary>The beginning of a value's JSON.</summary>
    public static string Beginning(JsonElement value, int bytes)
    {
        ReadOnlySpan<byte> json = JsonMarshal.GetRawUtf8Value(value);
        return json.Length <= bytes ? Encoding.UTF8.GetString(json) : Encoding.UTF8.GetString(json[..bytes]) + "...";
    }
}
