using System.IO.Compression;
using System.Text.Json;

namespace AceStep.Lyrics.Tests;

/// <summary>The recorded cases: JSON Lines in the references' <c>lyrics</c> folder, plain or compressed.</summary>
internal static class CaseFile
{
    /// <summary>All cases of a file; empty where the set of references lacks it.</summary>
    public static IReadOnlyList<JsonElement> Read(string name)
    {
        string plain = ReferenceData.PathOf("lyrics", name + ".jsonl");
        string packed = plain + ".gz";
        if (!File.Exists(plain) && !File.Exists(packed))
        {
            return [];
        }

        using Stream stream = File.Exists(plain)
            ? File.OpenRead(plain)
            : new GZipStream(File.OpenRead(packed), CompressionMode.Decompress);
        using var reader = new StreamReader(stream);
        var cases = new List<JsonElement>();
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0)
            {
                using JsonDocument document = JsonDocument.Parse(line);
                cases.Add(document.RootElement.Clone());
            }
        }

        return cases;
    }

    /// <summary>The cases of a file by a key of theirs, as test cases named after it.</summary>
    public static IEnumerable<TestCaseData> Groups(string name, Func<JsonElement, string> group) =>
        Read(name).GroupBy(group).OrderBy(cases => cases.Key, StringComparer.Ordinal)
            .Select(cases => new TestCaseData(cases.Key, cases.ToArray()).SetArgDisplayNames(cases.Key));

    /// <summary>A string of a case; null where it is absent or null.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A list of ids; null where it is absent or null.</summary>
    public static int[]? Ids(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(id => id.GetInt32())]
            : null;
}
