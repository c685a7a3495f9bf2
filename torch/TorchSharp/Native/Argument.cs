using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace TorchSharp.Native;

/// <summary>What an argument is; the numbers are those of Kind in torch/bridge/src/bridge.h.</summary>
internal enum ArgumentKind
{
    Default = 0,
    None = 1,
    Tensor = 2,
    Int = 3,
    Double = 4,
    Bool = 5,
    IntList = 6,
    DoubleList = 7,
    TensorList = 8,
    OptionalTensorList = 9,
    String = 10,
    Device = 11,
    Generator = 12,
}

/// <summary>An argument as the bridge reads it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct NativeArgument
{
    public ArgumentKind Kind;
    public int Length;
    public long Value;
}

/// <summary>An argument of an operator: a number, or a reference to what is marshalled when the call is made.</summary>
internal readonly struct Argument
{
    private Argument(ArgumentKind kind, long value = 0, object? reference = null, int length = 0)
    {
        Kind = kind;
        Value = value;
        Reference = reference;
        Length = length;
    }

    public ArgumentKind Kind { get; }

    public long Value { get; }

    public int Length { get; }

    public object? Reference { get; }

    /// <summary>What the operator's schema says.</summary>
    public static Argument Default => default;

    /// <summary>No value, for an argument that may be absent.</summary>
    public static Argument None { get; } = new(ArgumentKind.None);

    /// <summary>Index tensors by dimension; null leaves the dimension whole.</summary>
    public static Argument OptionalTensors(Tensor?[] tensors) => new(ArgumentKind.OptionalTensorList, 0, tensors, tensors.Length);

    public static implicit operator Argument(Tensor? tensor) => tensor is null ? None : new(ArgumentKind.Tensor, 0, tensor);

    public static implicit operator Argument(Scalar? scalar) => scalar switch
    {
        null => None,
        { Kind: ScalarKind.Double } => scalar.AsDouble(),
        { Kind: ScalarKind.Bool } => scalar.AsInt64() != 0,
        _ => scalar.AsInt64(),
    };

    public static implicit operator Argument(long value) => new(ArgumentKind.Int, value);

    public static implicit operator Argument(long? value) => value is { } number ? number : None;

    public static implicit operator Argument(double value) => new(ArgumentKind.Double, BitConverter.DoubleToInt64Bits(value));

    public static implicit operator Argument(double? value) => value is { } number ? number : None;

    public static implicit operator Argument(bool value) => new(ArgumentKind.Bool, value ? 1 : 0);

    public static implicit operator Argument(bool? value) => value is { } flag ? flag : None;

    public static implicit operator Argument(ScalarType type) => (long)type;

    public static implicit operator Argument(ScalarType? type) => type is { } known ? known : None;

    public static implicit operator Argument(long[]? values) => values is null ? None : new(ArgumentKind.IntList, 0, values, values.Length);

    public static implicit operator Argument(ReadOnlySpan<long> values) => values.ToArray();

    public static implicit operator Argument(double[]? values) => values is null ? None : new(ArgumentKind.DoubleList, 0, values, values.Length);

    public static implicit operator Argument(Tensor[] tensors) => new(ArgumentKind.TensorList, 0, tensors, tensors.Length);

    public static implicit operator Argument(string? text) => text is null ? None : new(ArgumentKind.String, 0, text, text.Length);

    public static implicit operator Argument(Device? device) => device is null ? None : new(ArgumentKind.Device, device.index, null, (int)device.type);

    public static implicit operator Argument(Generator? generator) => generator is null ? None : new(ArgumentKind.Generator, 0, generator);
}
