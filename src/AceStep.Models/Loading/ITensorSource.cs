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

/// <summary>The tensors of a source whose names begin with a prefix, by the rest of their names.</summary>
/// <remarks>The source stays its owner's; as safe for several threads as the source is.</remarks>
public sealed class PrefixedTensorSource : ITensorSource
{
    private readonly ITensorSource _source;
    private readonly string _prefix;

    /// <summary>Selects a part of a source.</summary>
    /// <param name="source">The whole, for example a file with several models.</param>
    /// <param name="prefix">What the names begin with, with its final dot: <c>vae.dcae.</c>.</param>
    public PrefixedTensorSource(ITensorSource source, string prefix)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(prefix);
        _source = source;
        _prefix = prefix;
        Names = [.. source.Names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => name[prefix.Length..])];
    }

    /// <inheritdoc/>
    public string Origin => $"{_source.Origin} ({_prefix}*)";

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names { get; }

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape(string name) => _source.Shape(_prefix + name);

    /// <inheritdoc/>
    public torch.ScalarType Type(string name) => _source.Type(_prefix + name);

    /// <inheritdoc/>
    public string StoredType(string name) => _source.StoredType(_prefix + name);

    /// <inheritdoc/>
    public long StoredBytes(string name) => _source.StoredBytes(_prefix + name);

    /// <inheritdoc/>
    public void Read(string name, torch.Tensor destination) => _source.Read(_prefix + name, destination);
}
