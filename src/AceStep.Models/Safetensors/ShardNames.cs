using System.Globalization;
using System.Text.RegularExpressions;

namespace AceStep.Models;

/// <summary>The names of files that hold one set of tensors between them: <c>model-00001-of-00002.safetensors</c>, and their index.</summary>
internal static partial class ShardNames
{
    /// <summary>How an index's name ends.</summary>
    public const string IndexEnding = ".safetensors.index.json";

    /// <summary>More than any model is cut into; each is an open file.</summary>
    public const int Maximum = 1000;

    /// <summary>Whether a path names an index.</summary>
    public static bool IsIndex(string path) => path.EndsWith(IndexEnding, StringComparison.OrdinalIgnoreCase);

    /// <summary>All shards of the set that a shard belongs to, whether they exist or not, in their order; null where the path names none.</summary>
    public static string[]? AllOf(string path)
    {
        Match match = Shard().Match(Path.GetFileName(path));
        if (!match.Success)
        {
            return null;
        }

        int count = int.Parse(match.Groups["count"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
        int digits = match.Groups["count"].Length;
        string folder = Path.GetDirectoryName(path) ?? "";
        return count is < 1 or > Maximum
            ? null
            : [.. Enumerable.Range(1, count).Select(number => Path.Combine(folder, $"{match.Groups["set"].Value}-{Text(number)}-of-{Text(count)}.safetensors"))];

        string Text(int number) => number.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
    }

    /// <summary>Where the index of a shard's set would be; null where the path names no shard.</summary>
    public static string? IndexOf(string path)
    {
        Match match = Shard().Match(Path.GetFileName(path));
        return match.Success ? Path.Combine(Path.GetDirectoryName(path) ?? "", match.Groups["set"].Value + IndexEnding) : null;
    }

    [GeneratedRegex(@"^(?<set>.+)-(?<number>[0-9]{1,6})-of-(?<count>[0-9]{1,6})\.safetensors\z", RegexOptions.IgnoreCase)]
    private static partial Regex Shard();
}
