using System.Text.Json;
using TorchSharp;

namespace AceStep.Models;

/// <summary>One set of tensors in one safetensors file, or in several with an index or with numbers in their names.</summary>
/// <remarks>As safe for several threads as <see cref="SafetensorsFile"/>.</remarks>
internal sealed class TensorFiles : ITensorSource, IDisposable
{
    // The index of a model with ten thousand tensors has one megabyte.
    private const int MaximumIndexLength = 64 << 20;

    private const string What = "an index of shards";

    private readonly Dictionary<string, SafetensorsFile> _places = new(StringComparer.Ordinal);
    private readonly List<SafetensorsFile> _files = [];

    private TensorFiles(string origin) => Origin = origin;

    /// <inheritdoc/>
    public string Origin { get; }

    /// <summary>The files, in their order.</summary>
    public IReadOnlyList<SafetensorsFile> Files => _files;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Names => _places.Keys;

    /// <summary>Opens a file, an index with all its shards, or a shard with all others of its set.</summary>
    /// <exception cref="CheckpointFormatException">A file is malformed, the index does not fit the shards, or a tensor is there twice.</exception>
    /// <exception cref="FileNotFoundException">The file, or shards of its set, are absent; names them.</exception>
    public static TensorFiles Open(string path)
    {
        path = Path.GetFullPath(path);
        TensorFiles files = new(path);
        try
        {
            if (ShardNames.IsIndex(path))
            {
                files.AddIndexed(path);
            }
            else if (ShardNames.AllOf(path) is { Length: > 1 } shards)
            {
                files.AddShards(path, shards);
            }
            else
            {
                files.Add(path, within: null);
            }

            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<long> Shape(string name) => FileOf(name).Shape(name);

    /// <inheritdoc/>
    public torch.ScalarType Type(string name) => FileOf(name).Type(name);

    /// <inheritdoc/>
    public string StoredType(string name) => FileOf(name).StoredType(name);

    /// <inheritdoc/>
    public long StoredBytes(string name) => FileOf(name).StoredBytes(name);

    /// <inheritdoc/>
    public void Read(string name, torch.Tensor destination) => FileOf(name).Read(name, destination);

    /// <summary>Closes the files. Tensors that were read stay.</summary>
    public void Dispose()
    {
        foreach (SafetensorsFile file in _files)
        {
            file.Dispose();
        }
    }

    private void AddShards(string path, string[] shards)
    {
        if (ShardNames.IndexOf(path) is { } index && File.Exists(index))
        {
            AddIndexed(index);
            return;
        }

        RequireAll(shards, path);
        foreach (string shard in shards)
        {
            Add(shard, within: null);
        }
    }

    private void AddIndexed(string index)
    {
        Dictionary<string, string> map = ReadIndex(index);
        string[] shards = [.. map.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        string folder = Path.GetDirectoryName(index)!;
        RequireAll([.. shards.Select(shard => Path.Combine(folder, shard))], index);
        foreach (string shard in shards)
        {
            Add(Path.Combine(folder, shard), name => !map.TryGetValue(name, out string? place) || place == shard);
        }

        if (map.FirstOrDefault(entry => !_places.ContainsKey(entry.Key)) is { Key: { } absent } entry)
        {
            throw new CheckpointFormatException(index, $"an index must name tensors that exist; {entry.Value} has no tensor of this name", absent);
        }
    }

    private void Add(string path, Func<string, bool>? within)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        _files.Add(file);
        foreach (string name in file.Names.Where(name => within?.Invoke(name) != false))
        {
            if (!_places.TryAdd(name, file))
            {
                throw new CheckpointFormatException(path, $"no two shards may hold the same tensor; {Path.GetFileName(_places[name].Path)} has it too", name);
            }
        }
    }

    private static Dictionary<string, string> ReadIndex(string path)
    {
        ReadOnlyMemory<byte> bytes = JsonFile.Read(path, What, MaximumIndexLength, rule => new CheckpointFormatException(path, rule));
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 16 });
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("weight_map", out JsonElement entries)
                || entries.ValueKind != JsonValueKind.Object)
            {
                throw new CheckpointFormatException(path, $"{What} must have a weight_map that gives the file of each tensor");
            }

            Dictionary<string, string> map = new(StringComparer.Ordinal);
            HashSet<string> shards = new(StringComparer.Ordinal);
            foreach (JsonProperty entry in entries.EnumerateObject())
            {
                string shard = ShardOf(entry, path);
                map[entry.Name] = shard;
                if (shards.Add(shard) && shards.Count > ShardNames.Maximum)
                {
                    throw new CheckpointFormatException(path, $"an index must name at most {ShardNames.Maximum} files; it names more");
                }
            }

            return map.Count > 0 ? map : throw new CheckpointFormatException(path, "an index must name at least one tensor; its weight_map is empty");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            string rule = error is JsonException notJson ? JsonFile.Rule(What, bytes.Span, notJson) : "the names of an index must be Unicode";
            throw new CheckpointFormatException(path, rule, innerException: error);
        }
    }

    /// <summary>The file of a tensor. An index must not lead out of its folder: it may come from a stranger.</summary>
    private static string ShardOf(JsonProperty entry, string index)
    {
        string? shard = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
        bool isPlain = shard is { Length: > 0 and < 256 } && shard.IndexOfAny(['/', '\\', ':', '\0']) < 0 && shard.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase);
        return isPlain
            ? shard!
            : throw new CheckpointFormatException(index, $"an index must give each tensor the name of a safetensors file beside it; it gives {CheckpointFormatException.Shorten(entry.Value.GetRawText())}", entry.Name);
    }

    private static void RequireAll(string[] shards, string path)
    {
        string[] missing = [.. shards.Where(shard => !File.Exists(shard)).Select(shard => Path.GetFileName(shard))];
        if (missing.Length > 0)
        {
            string rest = missing.Length > 5 ? $" and {missing.Length - 5} more" : "";
            throw new FileNotFoundException($"{path} is one of {shards.Length} files; {string.Join(", ", missing.Take(5))}{rest} {(missing.Length == 1 ? "is" : "are")} missing.", missing[0]);
        }
    }

    /// <summary>The file that holds a tensor.</summary>
    /// <exception cref="KeyNotFoundException">There is no tensor of this name.</exception>
    public SafetensorsFile FileOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _places.TryGetValue(name, out SafetensorsFile? file) ? file : throw new KeyNotFoundException($"{Origin} has no tensor \"{name}\".");
    }
}
