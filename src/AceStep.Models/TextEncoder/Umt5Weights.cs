using TorchSharp;

namespace AceStep.Models;

/// <summary>What has to be known of UMT5 files beyond the encoder's own names: the embedding goes by two, and there may be a decoder.</summary>
internal sealed class Umt5Weights : ITensorSource
{
    private const string Embedding = "shared.weight";
    private const string TiedEmbedding = "encoder.embed_tokens.weight";

    private readonly ITensorSource _source;
    private readonly string _embedding;

    /// <summary>Sees a file's tensors under the encoder's names.</summary>
    public Umt5Weights(ITensorSource source)
    {
        _source = source;
        _embedding = EmbeddingName(source.Names);
        Names = [.. source.Names.Select(name => name == _embedding ? Embedding : name)];
    }

    public string Origin => _source.Origin;

    public IReadOnlyCollection<string> Names { get; }

    /// <summary>Under which name a file holds the embedding; the usual one where it holds none.</summary>
    public static string EmbeddingName(IReadOnlyCollection<string> names) =>
        names.Contains(TiedEmbedding) && !names.Contains(Embedding) ? TiedEmbedding : Embedding;

    /// <summary>Whether a tensor belongs to a whole UMT5 but not to its encoder, or is the embedding once more.</summary>
    public static bool IsKnownUnused(string name) =>
        name is TiedEmbedding or "lm_head.weight" || name.StartsWith("decoder.", StringComparison.Ordinal);

    public IReadOnlyList<long> Shape(string name) => _source.Shape(Stored(name));

    public torch.ScalarType Type(string name) => _source.Type(Stored(name));

    public string StoredType(string name) => _source.StoredType(Stored(name));

    public long StoredBytes(string name) => _source.StoredBytes(Stored(name));

    public void Read(string name, torch.Tensor destination) => _source.Read(Stored(name), destination);

    private string Stored(string name) => name == Embedding ? _embedding : name;
}
