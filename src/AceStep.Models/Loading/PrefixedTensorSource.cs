using TorchSharp;

namespace AceStep.Models;

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
