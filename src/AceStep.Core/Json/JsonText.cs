using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace AceStep;

/// <summary>Text from JSON, which may hold half a character or bytes that are no UTF-8: .NET's parser looks at neither.</summary>
internal static class JsonText
{
    /// <summary>
    /// Whether the names of an object and of all that is in it are text that Unicode has. Where one is not, looking for any
    /// other throws.
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

    /// <summary>The text of a value; null where it is no text, or none that Unicode has.</summary>
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

    /// <summary>A value as it is written; bytes that are no UTF-8 as U+FFFD.</summary>
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
