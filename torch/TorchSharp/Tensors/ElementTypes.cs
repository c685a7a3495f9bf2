namespace TorchSharp;

/// <summary>Which .NET type is which element type.</summary>
internal static class ElementTypes
{
    private static readonly Dictionary<Type, torch.ScalarType> ByType = new()
    {
        [typeof(bool)] = torch.ScalarType.Bool,
        [typeof(byte)] = torch.ScalarType.Byte,
        [typeof(sbyte)] = torch.ScalarType.Int8,
        [typeof(short)] = torch.ScalarType.Int16,
        [typeof(int)] = torch.ScalarType.Int32,
        [typeof(long)] = torch.ScalarType.Int64,
        [typeof(Half)] = torch.ScalarType.Float16,
        [typeof(float)] = torch.ScalarType.Float32,
        [typeof(double)] = torch.ScalarType.Float64,
        [typeof((float, float))] = torch.ScalarType.ComplexFloat32,
        [typeof(System.Numerics.Complex)] = torch.ScalarType.ComplexFloat64,
    };

    /// <exception cref="NotSupportedException">No element type is that type.</exception>
    public static torch.ScalarType Of(Type type) =>
        ByType.TryGetValue(type, out torch.ScalarType element) ? element : throw new NotSupportedException($"The type {type.Name} is not supported.");

    /// <exception cref="ArgumentException">The types differ.</exception>
    public static void Require<T>(torch.ScalarType dtype)
    {
        if (!ByType.TryGetValue(typeof(T), out torch.ScalarType element) || element != dtype)
        {
            throw new ArgumentException($"{typeof(T).Name} is not compatible with {dtype}");
        }
    }
}
