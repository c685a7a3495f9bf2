using AceStep.Hub;

namespace AceStep;

public sealed partial class ModelStore
{
    /// <summary>The number of digits of a commit that Git shows.</summary>
    private const int ShortestCommit = 7;

    /// <summary>Lists what is in the caches: repositories of the hub, the lyric vocabulary and the dictionary. Reads only names, sizes and headers.</summary>
    public IReadOnlyList<StoredModel> List() =>
    [
        .. _settings.Caches.Select(root => new HubCache(root)).SelectMany(cache => cache.Repositories().Select(name => HubModels.Describe(cache, name))),
        .. ListAssets(),
    ];

    /// <summary>Removes something from a cache.</summary>
    /// <param name="model">An entry of <see cref="List"/>.</param>
    /// <returns>The number of bytes that were freed.</returns>
    /// <exception cref="ArgumentException">It is not in one of the caches.</exception>
    /// <exception cref="DownloadException">A process is fetching it.</exception>
    public long Remove(StoredModel model) => Locked(model, () =>
    {
        (long bytes, long incomplete) = HubModels.Sizes(model.Folder);
        if (Directory.Exists(model.Folder))
        {
            Directory.Delete(model.Folder, recursive: true);
        }

        return bytes + incomplete;
    });

    /// <summary>Removes one revision of a repository from a cache. Files that other revisions share are kept; the last revision takes everything with it.</summary>
    /// <param name="model">An entry of <see cref="List"/>.</param>
    /// <param name="revision">A branch, a tag, a commit, or the beginning of a commit, at least seven digits.</param>
    /// <returns>The number of bytes that were freed.</returns>
    /// <exception cref="ArgumentException">The model is not in one of the caches, or has no such revision there.</exception>
    /// <exception cref="DownloadException">A process is fetching it.</exception>
    public long Remove(StoredModel model, string revision)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrEmpty(revision);
        string commit = FindRevision(model, revision)
            ?? throw new ArgumentException($"{model.Name} has no revision {revision} in {model.Folder}{(model.Commits.Count > 0 ? $", but {string.Join(", ", model.Commits)}" : "")}.", nameof(revision));
        HubCache cache = new(Path.GetDirectoryName(model.Folder)!);
        return cache.Commits(model.Name).Count() == 1 ? Remove(model) : Locked(model, () => cache.Remove(model.Name, commit));
    }

    /// <summary>The commit of a revision in a cache; null if it is not there.</summary>
    internal static string? FindRevision(StoredModel model, string revision)
    {
        HubCache cache = new(Path.GetDirectoryName(model.Folder) ?? "");
        string[] commits = [.. cache.Repository(model.Name) == model.Folder ? cache.Commits(model.Name) : []];
        string? named = ModelName.IsRevision(revision) ? cache.FindCommit(model.Name, revision) : null;
        string[] begun = [.. commits.Where(commit => revision.Length >= ShortestCommit && commit.StartsWith(revision, StringComparison.Ordinal))];
        return named is not null && commits.Contains(named) ? named : begun is [string only] ? only : null;
    }

    /// <summary>Changes something in a cache while it holds the locks of its files, so that no process fetches it.</summary>
    private long Locked(StoredModel model, Func<long> change)
    {
        ArgumentNullException.ThrowIfNull(model);
        string parent = Path.GetDirectoryName(model.Folder) ?? "";
        if (!_settings.Caches.Append(_settings.Assets).Append(Path.Combine(_settings.Assets, "files")).Contains(parent))
        {
            throw new ArgumentException($"{model.Folder} is not in a cache.", nameof(model));
        }

        string locks = Path.Combine(parent, ".locks", Path.GetFileName(model.Folder));
        List<FileLock> held = [];
        try
        {
            foreach (string path in Directory.Exists(locks) ? Directory.GetFiles(locks) : [])
            {
                held.Add(FileLock.TryAcquire(path) ?? throw new DownloadException($"{model.Name} is being downloaded; nothing was removed."));
            }

            return change();
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

/// <summary>The kind of something in a cache.</summary>
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

    /// <summary>A model of another kind, or one that is too incomplete to be recognised.</summary>
    Other,
}

/// <summary>Something in a cache. Immutable.</summary>
public sealed record StoredModel
{
    /// <summary>The name to use for it.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public required StoredModelKind Kind { get; init; }

    /// <summary>Its folder, with all revisions.</summary>
    public required string Folder { get; init; }

    /// <summary>The commits that are there; empty if it is not a repository of the hub.</summary>
    public IReadOnlyList<string> Commits { get; init; } = [];

    /// <summary>The size of its complete files in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>The bytes of unfinished downloads.</summary>
    public long IncompleteBytes { get; init; }

    /// <summary>Whether every file that is needed to use it is there.</summary>
    public bool IsComplete { get; init; }
}
