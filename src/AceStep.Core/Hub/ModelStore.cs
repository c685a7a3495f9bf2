using System.Security.Cryptography;
using System.Text;
using AceStep.Checkpoints;
using AceStep.Hub;

namespace AceStep;

/// <summary>
/// Finds models by name: checkpoints, LoRAs, the lyric vocabulary, the Japanese dictionary. A name is a folder, a file, a name
/// on the hub (<c>owner/name</c> or <c>owner/name@revision</c>) or the https address of a file. A model in a cache is used
/// from there. Any other is downloaded into Hugging Face's cache, which Python programs share, and verified.
/// </summary>
/// <remarks>
/// <para>Thread-safe. If several processes need the same file, one downloads it and the others wait.</para>
/// <para>
/// The environment variables of Python's huggingface_hub are read: <c>HF_HOME</c>, <c>HF_HUB_CACHE</c>, <c>HF_ASSETS_CACHE</c>, <c>HF_TOKEN</c> or
/// its file, <c>HF_ENDPOINT</c>, <c>HF_HUB_OFFLINE</c>, <c>HF_HUB_DISABLE_SYMLINKS</c>, <c>HTTPS_PROXY</c>, <c>NO_PROXY</c>.
/// The cache of the original program (~/.cache/ace-step/checkpoints) is read too.
/// </para>
/// </remarks>
public sealed partial class ModelStore
{
    private readonly HubSettings _settings;
    private readonly KnownFiles _known;
    private readonly HubTiming _timing;
    private readonly HubClient _client;
    private readonly HubRepository _hub;
    private readonly DownloadMode _mode;
    private readonly IProgress<DownloadProgress>? _progress;

    /// <summary>Creates a store for the caches that the environment names. Reads neither disk nor network.</summary>
    /// <param name="mode">What may be fetched.</param>
    /// <param name="progress">Receives what will be downloaded, from where and its size before a download begins, and then its progress.</param>
    /// <exception cref="ArgumentException"><c>HF_ENDPOINT</c> is not a valid address.</exception>
    public ModelStore(DownloadMode mode = DownloadMode.WhenNamed, IProgress<DownloadProgress>? progress = null)
        : this(HubSettings.FromEnvironment(), KnownFiles.Released, new HubTiming(), mode, progress)
    {
    }

    internal ModelStore(HubSettings settings, KnownFiles known, HubTiming timing, DownloadMode mode, IProgress<DownloadProgress>? progress, HttpMessageInvoker? http = null)
    {
        (_settings, _known, _timing, _mode, _progress) = (settings, known, timing, mode, progress);
        _client = new HubClient(settings, timing, http);
        _hub = new HubRepository(settings, timing, _client);
    }

    /// <summary>The released checkpoint's name on the hub.</summary>
    public static string ReleasedCheckpoint => KnownFiles.ReleasedName;

    /// <summary>The folder of the cache that downloads go to.</summary>
    public string CacheFolder => _settings.Cache;

    /// <summary>Whether downloads are switched off, by the mode or by the environment.</summary>
    public bool IsOffline => _mode == DownloadMode.Never || _settings.IsOffline;

    /// <summary>Whether a name is a name on the hub or an address, not a path on disk.</summary>
    /// <exception cref="ArgumentException">It is an address that has a password or is not https.</exception>
    public bool IsRemote(string name) => ModelName.Parse(name, _settings.Endpoint).IsRemote;

    /// <summary>The folder or file of a checkpoint. If it is downloaded and has no lyric vocabulary, that is downloaded too.</summary>
    /// <param name="name">A folder, a file, a name on the hub or an address. A path on disk is returned as it is, whether it exists or not.</param>
    /// <param name="cancellationToken">Stops the download; data that has arrived is kept.</param>
    /// <exception cref="DownloadException">It is in no cache, and cannot be downloaded.</exception>
    public async Task<string> GetCheckpointAsync(string name, CancellationToken cancellationToken = default)
    {
        if (await FindAsync(name, ModelKind.Checkpoint, cancellationToken).ConfigureAwait(false) is { } found)
        {
            return found;
        }

        string path = await FetchAsync(name, ModelKind.Checkpoint, folder: null, cancellationToken).ConfigureAwait(false);
        await FetchVocabularyForAsync(path, cancellationToken).ConfigureAwait(false);
        return path;
    }

    /// <summary>The folder or file of a LoRA.</summary>
    /// <inheritdoc cref="GetCheckpointAsync" path="/*[not(self::summary)]" />
    public async Task<string> GetLoraAsync(string name, CancellationToken cancellationToken = default) =>
        await FindAsync(name, ModelKind.Lora, cancellationToken).ConfigureAwait(false)
        ?? await FetchAsync(name, ModelKind.Lora, folder: null, cancellationToken).ConfigureAwait(false);

    /// <summary>The folder or file of a LoRA on the hub, even if a path on disk has the same name.</summary>
    /// <exception cref="DownloadException">It is in no cache, and cannot be downloaded.</exception>
    internal async Task<string> GetLoraAsync(ModelName.OnHub name, CancellationToken cancellationToken)
    {
        if (await FindLoraAsync(name, cancellationToken).ConfigureAwait(false) is { } found)
        {
            return found;
        }

        RequireOnline(name.ToString(), $"it is not in {_settings.Cache}");
        return await FetchFromHubAsync(name, ModelKind.Lora, folder: null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The place on disk of a LoRA on the hub; null if it has to be downloaded.</summary>
    internal Task<string?> FindLoraAsync(ModelName.OnHub name, CancellationToken cancellationToken) => Task.Run(() => FindCached(name, ModelKind.Lora), cancellationToken);

    /// <summary>Downloads a model by its name, and checks on the hub whether there is a newer revision than the cache has.</summary>
    /// <param name="name">A name on the hub, an address, <c>lyric-vocabulary</c> or <c>unidic-lite</c> (the Japanese dictionary).</param>
    /// <param name="folder">A folder to put plain files into; null for the cache.</param>
    /// <param name="cancellationToken">Stops the download; data that has arrived is kept.</param>
    /// <returns>The folder or file.</returns>
    /// <exception cref="ArgumentException">The name is none of these.</exception>
    /// <exception cref="DownloadException">It cannot be downloaded, or the folder has another file in its place.</exception>
    public async Task<string> DownloadAsync(string name, string? folder = null, CancellationToken cancellationToken = default)
    {
        folder = folder is null ? null : Path.GetFullPath(folder);
        switch (name)
        {
            case KnownFiles.LyricVocabularyName:
                return await FetchVocabularyAsync(folder is null ? VocabularyPath : Path.Combine(folder, CheckpointLayout.LyricVocabularyFile), cancellationToken).ConfigureAwait(false);
            case KnownFiles.DictionaryName:
                return await FetchDictionaryAsync(folder is null ? DictionaryPath : Path.Combine(folder, Path.GetFileName(DictionaryPath)), cancellationToken).ConfigureAwait(false);
            default:
                if (!IsRemote(name))
                {
                    throw new ArgumentException($"A download is named owner/name, owner/name@revision, by an https address, {KnownFiles.LyricVocabularyName} or {KnownFiles.DictionaryName}; it is {name}.", nameof(name));
                }

                string path = IsOffline && folder is null && FindCached(ModelName.Parse(name, _settings.Endpoint), ModelKind.Any) is { } cached ? cached
                    : await FetchAsync(name, ModelKind.Any, folder, cancellationToken).ConfigureAwait(false);
                await FetchVocabularyForAsync(path, cancellationToken, intoFolder: folder is not null).ConfigureAwait(false);
                return path;
        }
    }

    /// <summary>The place on disk of a name; null if it has to be downloaded.</summary>
    internal async Task<string?> FindAsync(string name, ModelKind kind, CancellationToken cancellationToken)
    {
        var parsed = ModelName.Parse(name, _settings.Endpoint);
        return parsed is ModelName.LocalPath local ? local.Path
            : await Task.Run(() => FindCached(parsed, kind), cancellationToken).ConfigureAwait(false);
    }

    private string? FindCached(ModelName name, ModelKind kind) => name switch
    {
        ModelName.Address address => AssetPlace(address) is var place && File.Exists(place.Contents) ? place.Contents : null,
        ModelName.OnHub hub => _settings.Caches.Select(root => FindIn(new HubCache(root), hub, kind)).FirstOrDefault(path => path is not null),
        _ => null,
    };

    private string? FindIn(HubCache cache, ModelName.OnHub name, ModelKind kind)
    {
        string? asked = cache.FindCommit(name.Repository, name.Revision ?? HubCache.DefaultRevision);
        string? released = name.Revision is null && name.Repository == _known.Checkpoint.Name ? _known.Checkpoint.Commit : null;
        foreach (string commit in new[] { released, asked }.OfType<string>().Distinct())
        {
            string folder = cache.Snapshot(name.Repository, commit);
            if (HubCache.Files(folder) is { Count: > 0 } files && TrySelect(files, name, kind) is { } selection && selection.IsComplete(folder) && HasKnownSizes(folder, files, _known.At(name.Repository, commit)))
            {
                return Path.Combine(folder, selection.Main);
            }
        }

        // The original program may also put the checkpoint's folders directly into its cache.
        return released is not null && Directory.Exists(Path.Combine(cache.Root, CheckpointLayout.TransformerFolder)) && new ModelSelection(ModelKind.Checkpoint, [], "").IsComplete(cache.Root) ? cache.Root : null;
    }

    /// <summary>Whether files of known size have that size; another program may have left incomplete ones.</summary>
    private static bool HasKnownSizes(string folder, IReadOnlyList<string> files, KnownRepository? known) =>
        known is null || files.Where(known.Files.ContainsKey).All(file => FilePlace.HasSize(Path.Combine(folder, file), known.Files[file].Bytes));

    private static ModelSelection Select(IReadOnlyList<string> paths, ModelName.OnHub name, ModelKind kind)
    {
        if (name.File is not { } file)
        {
            return ModelSelection.Choose(paths, kind, name.ToString());
        }

        return paths.Contains(file) ? new ModelSelection(kind == ModelKind.Checkpoint ? ModelKind.Any : kind, [file], file) : throw new DownloadException($"{name.Repository} has no {file}.");
    }

    private static ModelSelection? TrySelect(IReadOnlyList<string> paths, ModelName.OnHub name, ModelKind kind)
    {
        try
        {
            return Select(paths, name, kind);
        }
        catch (DownloadException)
        {
            // The cached files are not what is needed; the hub may have more.
            return null;
        }
    }

    private async Task<string> FetchAsync(string name, ModelKind kind, string? folder, CancellationToken cancellationToken)
    {
        RequireOnline(name, $"it is not in {_settings.Cache}");
        return ModelName.Parse(name, _settings.Endpoint) is ModelName.OnHub hub
            ? await FetchFromHubAsync(hub, kind, folder, cancellationToken).ConfigureAwait(false)
            : await FetchAddressAsync((ModelName.Address)ModelName.Parse(name, _settings.Endpoint), folder, cancellationToken).ConfigureAwait(false);
    }

    private async Task<string> FetchFromHubAsync(ModelName.OnHub name, ModelKind kind, string? folder, CancellationToken cancellationToken)
    {
        string revision = name.Revision ?? HubCache.DefaultRevision;
        HubListing listing = await _hub.ListAsync(name.Repository, revision, cancellationToken).ConfigureAwait(false);
        if (name.Revision is null && name.Repository == _known.Checkpoint.Name && listing.Commit != _known.Checkpoint.Commit)
        {
            // Without a revision, the released checkpoint's name means the released commit; later commits need a revision.
            revision = _known.Checkpoint.Commit;
            listing = await _hub.ListAsync(name.Repository, revision, cancellationToken).ConfigureAwait(false);
        }

        Dictionary<string, HubEntry> entries = listing.Entries.DistinctBy(entry => entry.Path).ToDictionary(entry => entry.Path);
        ModelSelection selection = Select([.. entries.Keys], name, kind);
        KnownRepository? known = _known.At(name.Repository, listing.Commit);
        HubCache cache = CacheOf(name.Repository);
        (RemoteFile File, FilePlace Place)[] files = new (RemoteFile, FilePlace)[selection.Files.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, files.Length),
            new ParallelOptions { MaxDegreeOfParallelism = _timing.FilesAtOnce, CancellationToken = cancellationToken },
            async (index, token) =>
            {
                RemoteFile file = await _hub.DescribeAsync(name.Repository, listing.Commit, entries[selection.Files[index]], token).ConfigureAwait(false);
                file = file.As(known?.Files.GetValueOrDefault(file.Path));
                files[index] = (file, folder is null ? cache.Place(name.Repository, listing.Commit, file) : PlainPlace(folder, file));
            }).ConfigureAwait(false);

        if (folder is null)
        {
            cache.Mark();
        }
        else
        {
            PreparePlain(files, cache, name.Repository, listing.Commit);
        }

        string target = folder ?? cache.Snapshot(name.Repository, listing.Commit);
        await RunAsync(name.ToString(), _settings.Endpoint.Host, listing.Commit, target, files, 0, cancellationToken).ConfigureAwait(false);
        if (folder is null)
        {
            cache.SetCommit(name.Repository, revision, listing.Commit);
        }

        return Path.Combine(target, selection.Main);
    }

    private async Task<string> FetchAddressAsync(ModelName.Address address, string? folder, CancellationToken cancellationToken)
    {
        FilePlace place = AssetPlace(address);
        string name = Path.GetFileName(place.Contents);
        RemoteFile file = await _hub.DescribeAsync(name, address.Uri, isOfHub: false, cancellationToken).ConfigureAwait(false);
        if (folder is not null)
        {
            place = PlainPlace(folder, file);
            RequireSame(file, place);
        }

        await RunAsync(address.ToString(), address.Uri.Host, null, Path.GetDirectoryName(place.Contents)!, [(file, place)], 0, cancellationToken).ConfigureAwait(false);
        return place.Contents;
    }

    private Task RunAsync(string name, string host, string? commit, string folder, IReadOnlyList<(RemoteFile, FilePlace)> files, long additionalBytes, CancellationToken cancellationToken)
    {
        DownloadPlan plan = new() { Name = name, Host = host, Commit = commit, Folder = folder, Files = [] };
        return new Downloader(_client, _timing, _settings.UsesLinks, _progress).RunAsync(plan, files, additionalBytes, cancellationToken);
    }

    /// <summary>The cache that already has part of a repository, so that nothing is downloaded twice; otherwise the one for downloads.</summary>
    private HubCache CacheOf(string repository) =>
        new(_settings.Caches.FirstOrDefault(root => Directory.Exists(new HubCache(root).Repository(repository))) ?? _settings.Cache);

    /// <summary>The place of a file from an address, named by a hash of the address and the file's name.</summary>
    private FilePlace AssetPlace(ModelName.Address address)
    {
        string name = Uri.UnescapeDataString(address.Uri.Segments[^1]);
        if (name.Contains('/', StringComparison.Ordinal) || !SafePath.IsSafe(name) || !(name.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".json", StringComparison.OrdinalIgnoreCase)))
        {
            throw new DownloadException($"{address} must be the address of a file whose name ends in .safetensors or .json.");
        }

        string key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(address.Uri.AbsoluteUri)))[..16];
        return Asset(Path.Combine(_settings.Assets, "files", key, name));
    }

    private FilePlace Asset(string path) =>
        new(path, null, Path.Combine(_settings.Assets, ".locks", $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)))[..16]}.lock"));

    private void RequireOnline(string name, string reason)
    {
        if (IsOffline)
        {
            throw new DownloadException($"{name}: {reason}, and downloads are off{(_settings.IsOffline ? " (HF_HUB_OFFLINE)" : "")}. 'acestep download {name}' downloads it.");
        }
    }
}
