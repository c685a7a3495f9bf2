using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace AceStep;

/// <summary>Reads text from JSON, which may have lone surrogates or bytes that are not UTF-8; .NET's parser checks neither.</summary>
internal static class JsonText
{
    /// <summary>
    /// Whether the names in an object, and in all objects in it, are valid Unicode text. If one is not, looking up any other
    /// name throws.
    /// </summary>
    public static bool HasNames(JsonElement value)
    {
        try
        {
            ReadNames(value);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The text of a value; null if it is not text, or not valid Unicode.</summary>
    public static string? Of(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The JSON text of a value, with U+FFFD in place of bytes that are not UTF-8.</summary>
    public static string Written(JsonElement value) => Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(value));

    private static void ReadNames(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in value.EnumerateObject())
            {
                _ = property.Name;
                ReadNames(property.Value);
            }
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement item in value.EnumerateArray())
            {
                ReadNames(item);
            }
        }
    }
}
