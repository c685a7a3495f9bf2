using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>Names and shapes of a file's tensors without their values, from a table of the repository.</summary>
internal sealed class TensorTable : ITensorSource
{
    private readonly string _path;
    private readonly Dictionary<string, long[]> _shapes;

    public TensorTable(string path)
    {
        _path = path;
        _shapes = File.ReadLines(path)
            .Where(line => !line.StartsWith('#') && !line.StartsWith("name\t", StringComparison.Ordinal))
            .Select(line => line.Split('\t'))
            .ToDictionary(fields => fields[0], fields => ParseShape(fields[2]));
    }

    public string Origin => _path;

    public IReadOnlyCollection<string> Names => _shapes.Keys;

    /// <summary>Each tensor's shape as text, for comparisons with a network's own.</summary>
    public Dictionary<string, string> ShapesByName() => _shapes.ToDictionary(entry => entry.Key, entry => string.Join(",", entry.Value));

    public IReadOnlyList<long> Shape(string name) => _shapes[name];

    public ScalarType Type(string name) => ScalarType.BFloat16;

    /// <summary>Values of the size that a network keeps stable, different for each tensor, since the table has none.</summary>
    public void Read(string name, Tensor destination)
    {
        using var scope = NewDisposeScope();
        using Generator generator = new((ulong)_shapes.Keys.Order(StringComparer.Ordinal).ToList().IndexOf(name));
        Tensor values = randn([.. _shapes[name]], generator: generator);
        double fanIn = Math.Max(1, _shapes[name].Skip(1).Aggregate(1L, (product, size) => product * size));
        destination.copy_(values.MultiplyInPlace(1 / Math.Sqrt(fanIn)));
    }

    private static long[] ParseShape(string text) =>
        [.. text.Trim('[', ']').Split(',', StringSplitOptions.RemoveEmptyEntries).Select(size => long.Parse(size, CultureInfo.InvariantCulture))];
}
