using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace AceStep.Models;

/// <summary>
/// Reads the values of one config.json. Each method takes a key and the rule for its value, and throws a
/// <see cref="CheckpointFormatException"/> that names file, key, rule and value where the value breaks it. Keys that are
/// not asked for are ignored. Null counts as absent.
/// </summary>
internal sealed class ConfigReader
{
    // A config has a few hundred bytes to a few kilobytes.
    private const int MaximumFileLength = 1 << 20;

    private const string What = "a config";

    private readonly JsonElement _root;

    private ConfigReader(string file, JsonElement root)
    {
        File = file;
        _root = root;
    }

    /// <summary>The file that is read, for messages.</summary>
    public string File { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="CheckpointFormatException">The file is not a JSON object.</exception>
    /// <exception cref="IOException">The file is absent or cannot be read.</exception>
    public static ConfigReader Load(string path) =>
        Parse(JsonFile.Read(path, What, MaximumFileLength, rule => new CheckpointFormatException(path, rule)), path);

    /// <summary>Reads JSON text in UTF-8.</summary>
    /// <exception cref="CheckpointFormatException">The text is not a JSON object.</exception>
    public static ConfigReader Parse(ReadOnlyMemory<byte> json, string file)
    {
        JsonElement root;
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
            root = document.RootElement.Clone();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Names are compared with one another, for which half a character is not text.
            string rule = error is JsonException notJson ? JsonFile.Rule(What, json.Span, notJson) : $"{What}'s names must be Unicode";
            throw new CheckpointFormatException(file, rule, innerException: error);
        }

        return root.ValueKind == JsonValueKind.Object
            ? new ConfigReader(file, root)
            : throw new CheckpointFormatException(file, $"a config must be a JSON object; it is {root.ValueKind}");
    }

    /// <summary>An integer that must be there.</summary>
    public int Int32(string key, int minimum, int maximum = int.MaxValue) => ToInt32(Required(key), key, minimum, maximum);

    /// <summary>An integer that may be absent.</summary>
    public int Int32OrDefault(string key, int defaultValue, int minimum, int maximum = int.MaxValue) =>
        Optional(key) is { } value ? ToInt32(value, key, minimum, maximum) : defaultValue;

    /// <summary>A number that must be there.</summary>
    public double Double(string key, double minimum, double maximum) => ToDouble(Required(key), key, minimum, maximum);

    /// <summary>A number that may be absent.</summary>
    public double DoubleOrDefault(string key, double defaultValue, double minimum, double maximum) =>
        Optional(key) is { } value ? ToDouble(value, key, minimum, maximum) : defaultValue;

    /// <summary>A truth value that must be there.</summary>
    public bool Boolean(string key) => ToBoolean(Required(key), key);

    /// <summary>A truth value that may be absent.</summary>
    public bool BooleanOrDefault(string key, bool defaultValue) => Optional(key) is { } value ? ToBoolean(value, key) : defaultValue;

    /// <summary>Text that must be there.</summary>
    public string String(string key) => ToText(Required(key), key);

    /// <summary>Text that may be absent.</summary>
    public string StringOrDefault(string key, string defaultValue) => Optional(key) is { } value ? ToText(value, key) : defaultValue;

    /// <summary>One of several words that must be there, as the value that it means.</summary>
    public T Enum<T>(string key, params IReadOnlyList<(string Word, T Value)> words) => ToEnum(Required(key), key, words);

    /// <summary>One of several words that may be absent, as the value that it means.</summary>
    public T EnumOrDefault<T>(string key, T defaultValue, params IReadOnlyList<(string Word, T Value)> words) =>
        Optional(key) is { } value ? ToEnum(value, key, words) : defaultValue;

    /// <summary>An array of words, each as the value that it means, that must be there.</summary>
    public IReadOnlyList<T> EnumArray<T>(string key, params IReadOnlyList<(string Word, T Value)> words) =>
        ToArray(Required(key), key, item => ToEnum(item, key, words));

    /// <summary>An array of integers that must be there.</summary>
    public IReadOnlyList<int> Int32Array(string key, int minimum, int maximum = int.MaxValue) =>
        ToArray(Required(key), key, item => ToInt32(item, key, minimum, maximum));

    /// <summary>An array of arrays of integers that must be there.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Int32Arrays(string key, int minimum, int maximum = int.MaxValue) =>
        ToArray(Required(key), key, inner => ToArray(inner, key, item => ToInt32(item, key, minimum, maximum)));

    /// <summary>An array of words that must be there.</summary>
    public IReadOnlyList<string> StringArray(string key) => ToArray(Required(key), key, item => ToText(item, key));

    /// <summary>Whether the config has a value for the key.</summary>
    public bool Has(string key) => Optional(key) is not null;

    /// <summary>Throws unless a condition holds that the values fulfil together.</summary>
    /// <param name="condition">What must hold.</param>
    /// <param name="rule">The rule with the keys and values that it is about.</param>
    public void Require(bool condition, string rule)
    {
        if (!condition)
        {
            throw new CheckpointFormatException(File, rule);
        }
    }

    private JsonElement? Optional(string key) =>
        _root.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private JsonElement Required(string key) =>
        Optional(key) ?? throw new CheckpointFormatException(File, $"\"{key}\" must be given; it is missing");

    private int ToInt32(JsonElement value, string key, int minimum, int maximum) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= minimum && number <= maximum
            ? number
            : throw Broken(key, $"must be an integer from {minimum} to {maximum}", value);

    private double ToDouble(JsonElement value, string key, double minimum, double maximum) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= minimum && number <= maximum
            ? number
            : throw Broken(key, string.Create(CultureInfo.InvariantCulture, $"must be a number from {minimum} to {maximum}"), value);

    private bool ToBoolean(JsonElement value, string key) =>
        value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw Broken(key, "must be true or false", value);

    private string ToText(JsonElement value, string key)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Broken(key, "must be a string", value);
        }
        catch (InvalidOperationException error)
        {
            throw new CheckpointFormatException(File, $"\"{key}\" must be Unicode text", innerException: error);
        }
    }

    private T ToEnum<T>(JsonElement value, string key, IReadOnlyList<(string Word, T Value)> words)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            string text = ToText(value, key);
            foreach ((string word, T meaning) in words)
            {
                if (word == text)
                {
                    return meaning;
                }
            }
        }

        throw Broken(key, $"must be one of {string.Join(", ", words.Select(entry => $"\"{entry.Word}\""))}", value);
    }

    private T[] ToArray<T>(JsonElement value, string key, Func<JsonElement, T> convert) =>
        value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(convert)]
            : throw Broken(key, "must be an array", value);

    private CheckpointFormatException Broken(string key, string rule, JsonElement value) =>
        new(File, $"\"{key}\" {rule}; it is {CheckpointFormatException.Shorten(Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(value)))}");
}
