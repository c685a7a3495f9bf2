using System.Globalization;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Benchmarks.RealSize;

/// <summary>What a weights file of the released checkpoint holds: names, types and shapes in the order of their bytes.</summary>
/// <param name="Tensors">The tensors.</param>
/// <param name="ByteCount">The length of the released file, its header included.</param>
internal sealed record TensorTable(IReadOnlyList<SafetensorsEntry> Tensors, long ByteCount)
{
    /// <summary>Where the repository has what is known of the released checkpoint.</summary>
    public static readonly string Folder = Path.Combine(Repository.Root, "tests", "data", "checkpoint");

    /// <summary>The released files carry this beside the tensors.</summary>
    public static readonly IReadOnlyDictionary<string, string> Metadata = new Dictionary<string, string> { ["format"] = "pt" };

    /// <summary>The table of a part of the released checkpoint.</summary>
    /// <param name="part">Its folder's name.</param>
    public static TensorTable OfPart(string part) => Read(Path.Combine(Folder, "keys", part + ".tsv"));

    /// <summary>Reads a table: a line about the file, a line of column names, then a line for each tensor.</summary>
    private static TensorTable Read(string path)
    {
        string[] lines = File.ReadAllLines(path);
        string total = lines[0].Split(' ').Single(word => word.StartsWith("total=", StringComparison.Ordinal))["total=".Length..];
        return new TensorTable(LayOut([.. lines.Skip(2).Select(Parse)]), long.Parse(total, CultureInfo.InvariantCulture));
    }

    /// <summary>A file that lacks some of the tensors.</summary>
    public TensorTable Without(Func<string, bool> isLeftOut)
    {
        List<SafetensorsEntry> kept = LayOut([.. Tensors.Where(tensor => !isLeftOut(tensor.Name)).Select(tensor => (tensor.Name, tensor.Type, tensor.Shape))]);
        return new TensorTable(kept, kept[^1].Offset + kept[^1].ByteCount);
    }

    private static List<SafetensorsEntry> LayOut(List<(string Name, torch.ScalarType Type, IReadOnlyList<long> Shape)> tensors)
    {
        int header = SafetensorsWriter.BuildHeader(tensors, Metadata).Length;
        long offset = header;
        List<SafetensorsEntry> entries = [];
        foreach ((string name, torch.ScalarType type, IReadOnlyList<long> shape) in tensors)
        {
            long count = shape.Aggregate((long)SafetensorsType.SizeOf(type), (product, size) => product * size);
            entries.Add(new SafetensorsEntry(name, type, shape, offset, count, SafetensorsType.NameOf(type)));
            offset += count;
        }

        return entries;
    }

    private static (string Name, torch.ScalarType Type, IReadOnlyList<long> Shape) Parse(string line)
    {
        string[] fields = line.Split('\t');
        long[] shape = [.. fields[2].Trim('[', ']').Split(',', StringSplitOptions.RemoveEmptyEntries).Select(size => long.Parse(size, CultureInfo.InvariantCulture))];
        return SafetensorsType.TryParse(fields[1], out torch.ScalarType type, out _)
            ? (fields[0], type, shape)
            : throw new FormatException($"{fields[0]} has the unknown type {fields[1]}.");
    }
}
