using TorchSharp;

namespace AceStep.Models;

/// <summary>Named tensors that are read one by one: a safetensors file, a part of one, or what is computed from one.</summary>
public interface ITensorSource
{
    /// <summary>Where the tensors come from, for messages: as a rule a file's path.</summary>
    string Origin { get; }

    /// <summary>The names of all tensors.</summary>
    IReadOnlyCollection<string> Names { get; }

    /// <summary>The shape of a tensor; empty for a scalar.</summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    IReadOnlyList<long> Shape(string name);

    /// <summary>The element type that a tensor is read as: the stored one where torch has it.</summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    torch.ScalarType Type(string name);

    /// <summary>The element type that a tensor is stored in, as the safetensors format names it: "BF16", "F8_E4M3".</summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    string StoredType(string name) => SafetensorsType.NameOf(Type(name));

    /// <summary>The bytes that a tensor takes where it is stored.</summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    long StoredBytes(string name) => Shape(name).Aggregate(1L, (product, size) => product * size) * SafetensorsType.SizeOf(Type(name));

    /// <summary>Fills a tensor of the same shape, of any element type and on any device, converting in bounded pieces.</summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    /// <exception cref="ArgumentException"><paramref name="destination"/> has another shape.</exception>
    void Read(string name, torch.Tensor destination);
}
