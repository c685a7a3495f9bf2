using System.Collections.Frozen;
using TorchSharp;

namespace AceStep.Models;

/// <summary>The element types of the safetensors format that can be read.</summary>
internal static class SafetensorsType
{
    // In the order in which the format's own library sorts tensors when it writes: widest first.
    private static readonly (string Name, torch.ScalarType Type, int Size)[] Types =
    [
        ("I64", torch.ScalarType.Int64, 8),
        ("F64", torch.ScalarType.Float64, 8),
        ("F32", torch.ScalarType.Float32, 4),
        ("I32", torch.ScalarType.Int32, 4),
        ("BF16", torch.ScalarType.BFloat16, 2),
        ("F16", torch.ScalarType.Float16, 2),
        ("I16", torch.ScalarType.Int16, 2),
        ("I8", torch.ScalarType.Int8, 1),
        ("U8", torch.ScalarType.Byte, 1),
        ("BOOL", torch.ScalarType.Bool, 1),
    ];

    private static readonly FrozenDictionary<string, (torch.ScalarType ReadAs, int StoredSize)> TypesByName =
        Types.Select(entry => (entry.Name, entry.Type, entry.Size))
            .Concat(Float8.Names.Select(name => (Name: name, Type: Float8.ReadAs, Size: 1)))
            .ToFrozenDictionary(entry => entry.Name, entry => (entry.Type, entry.Size), StringComparer.Ordinal);

    private static readonly FrozenDictionary<torch.ScalarType, int> RanksByType =
        Types.Index().ToFrozenDictionary(entry => entry.Item.Type, entry => entry.Index);

    /// <summary>All names, for messages.</summary>
    public static string AllNames { get; } = string.Join(", ", Types.Select(entry => entry.Name).Concat(Float8.Names));

    /// <summary>What becomes of a type that a header names.</summary>
    /// <param name="name">The name.</param>
    /// <param name="type">The type that its tensors are read as.</param>
    /// <param name="storedSize">The bytes of one element in the file.</param>
    public static bool TryParse(string name, out torch.ScalarType type, out int storedSize)
    {
        bool isKnown = TypesByName.TryGetValue(name, out (torch.ScalarType ReadAs, int StoredSize) known);
        (type, storedSize) = known;
        return isKnown;
    }

    /// <summary>Whether the format has the type.</summary>
    public static bool IsSupported(torch.ScalarType type) => RanksByType.ContainsKey(type);

    /// <summary>The type's name in a header.</summary>
    public static string NameOf(torch.ScalarType type) => Types[RankOf(type)].Name;

    /// <summary>The bytes of one element.</summary>
    public static int SizeOf(torch.ScalarType type) => Types[RankOf(type)].Size;

    /// <summary>The order of tensors of the type in a written file: lower comes first.</summary>
    public static int RankOf(torch.ScalarType type) => RanksByType[type];

    /// <summary>Whether weights can be of the type.</summary>
    public static bool IsFloat(torch.ScalarType type) =>
        type is torch.ScalarType.Float64 or torch.ScalarType.Float32 or torch.ScalarType.Float16 or torch.ScalarType.BFloat16;
}
