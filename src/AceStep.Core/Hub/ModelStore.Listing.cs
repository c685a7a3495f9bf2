using AceStep.Hub;

namespace AceStep;

public sealed partial class ModelStore
{
    /// <summary>What is in the caches: repositories of the hub, and what lyrics need. Reads names, sizes and headers.</summary>
    public IReadOnlyList<StoredModel> List() =>
    [
        .. _settings.Caches.Select(root => new HubCache(root)).SelectMany(cache => cache.Repositories().Select(name => HubModels.Describe(cache, name))),
        .. ListAssets(),
    ];

    /// <summary>Removes something from a cache.</summary>
    /// <param name="model">What <see cref="List"/> gave.</param>
    /// <returns>The bytes that are free now.</returns>
    /// <exception cref="ArgumentException">It lies in none of the caches.</exception>
    /// <exception cref="DownloadException">A process is fetching it.</exception>
    public long Remove(StoredModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        string parent = Path.GetDirectoryName(model.Folder) ?? "";
        if (!_settings.Caches.Append(_settings.Assets).Append(Path.Combine(_settings.Assets, "files")).Contains(parent))
        {
            throw new ArgumentException($"{model.Folder} lies in no cache.", nameof(model));
        }

        string locks = Path.Combine(parent, ".locks", Path.GetFileName(model.Folder));
        List<FileLock> held = [];
        try
        {
            foreach (string path in Directory.Exists(locks) ? Directory.GetFiles(locks) : [])
            {
                held.Add(FileLock.TryAcquire(path) ?? throw new DownloadException($"{model.Name} is being fetched; nothing is removed."));
            }

            (long bytes, long incomplete) = HubModels.Sizes(model.Folder);
            if (Directory.Exists(model.Folder))
            {
                Directory.Delete(model.Folder, recursive: true);
            }

            return bytes + incomplete;
        }
        finally
        {
            held.ForEach(file => file.Dispose());
        }
    }

    private IEnumerable<StoredModel> ListAssets()
    {
        string vocabulary = Path.GetDirectoryName(VocabularyPath)!;
        if (Directory.Exists(vocabulary))
        {
            yield return Asset(KnownFiles.LyricVocabularyName, StoredModelKind.LyricVocabulary, vocabulary, FindLyricVocabulary() is not null);
        }

        if (Directory.Exists(DictionaryPath))
        {
            yield return Asset(KnownFiles.DictionaryName, StoredModelKind.JapaneseDictionary, DictionaryPath, FindJapaneseDictionary() is not null);
        }

        string files = Path.Combine(_settings.Assets, "files");
        foreach (string folder in Directory.Exists(files) ? Directory.GetDirectories(files) : [])
        {
            string? file = Directory.EnumerateFiles(folder).FirstOrDefault(path => !path.EndsWith(".incomplete", StringComparison.Ordinal));
            yield return Asset(Path.GetFileName(file ?? folder), file is null ? StoredModelKind.Other : HubModels.IsCheckpoint(file) ? StoredModelKind.Checkpoint : StoredModelKind.Lora, folder, file is not null);
        }
    }

    private static StoredModel Asset(string name, StoredModelKind kind, string folder, bool isComplete)
    {
        (long bytes, long incomplete) = HubModels.Sizes(folder);
        return new StoredModel { Name = name, Kind = kind, Folder = folder, Bytes = bytes, IncompleteBytes = incomplete, IsComplete = isComplete };
    }
}

/// <summary>What something in a cache is.</summary>
public enum StoredModelKind
{
    /// <summary>A checkpoint of this model: the released layout, or ComfyUI's single file.</summary>
    Checkpoint,

    /// <summary>A LoRA.</summary>
    Lora,

    /// <summary>The lyric vocabulary.</summary>
    LyricVocabulary,

    /// <summary>The Japanese dictionary.</summary>
    JapaneseDictionary,

    /// <summary>A model of another kind, or a part that says nothing of itself yet.</summary>
    Other,
}

/// <summary>Something in a cache. Immutable.</summary>
public sealed record StoredModel
{
    /// <summary>The name by which it is used.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public required StoredModelKind Kind { get; init; }

    /// <summary>The folder that it takes, all revisions together.</summary>
    public required string Folder { get; init; }

    /// <summary>The commits that are there; none for what is no repository of the hub.</summary>
    public IReadOnlyList<string> Commits { get; init; } = [];

    /// <summary>The bytes of its complete files.</summary>
    public long Bytes { get; init; }

    /// <summary>The bytes of downloads that have not ended.</summary>
    public long IncompleteBytes { get; init; }

    /// <summary>Whether everything is there that using it needs.</summary>
    public bool IsComplete { get; init; }
}
