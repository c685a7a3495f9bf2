using AceStep.Hub;
using AceStep.Server.Deployment;
using AceStep.Server.Storage;

namespace AceStep.Server.Work;

/// <summary>
/// The LoRAs that clients may name: those in the server's folder, and those of the hub that its operator allows. The latter
/// are fetched into the data folder, verified, and the ones used longest ago go when there are too many.
/// </summary>
internal sealed class LoraPlaces
{
    private const string Everything = "*";

    private readonly AceStepServerOptions _options;
    private readonly HubSettings _settings;
    private readonly HubCache _cache;

    /// <param name="options">What is allowed.</param>
    /// <param name="caches">Where fetched LoRAs are kept.</param>
    /// <param name="user">The hub, and the caches of whoever runs the server.</param>
    public LoraPlaces(AceStepServerOptions options, CacheFolders caches, HubSettings user)
    {
        _options = options;
        // What the user has already is used from there, and never removed.
        _settings = user with { Cache = caches.Loras, OtherCaches = [.. user.Caches] };
        _cache = new HubCache(caches.Loras);
    }

    /// <summary>Sees that a client may name a LoRA.</summary>
    /// <exception cref="InvalidRequestException">There is none of that name that this server uses; says which ones it does.</exception>
    public async Task RequireAsync(string name, CancellationToken cancellationToken)
    {
        // Where only workers have a folder, a name that is not in it fails when it is run.
        bool isElsewhere = _options is { Role: ServerRole.Api, LoraFolder: null } && IsName(name);
        if (isElsewhere || FindInFolder(name) is not null)
        {
            return;
        }

        ModelStore store = Store(RequireAllowed(name), null);
        if (store.IsOffline && await store.FindLoraAsync(ModelName.ParseHub(name)!, cancellationToken) is null)
        {
            throw Refused($"must be a LoRA that is already on this server, because downloads are off; {name} is not.");
        }
    }

    /// <summary>The file or folder of a LoRA, fetched where it has to be.</summary>
    /// <param name="name">What a client names.</param>
    /// <param name="log">Told what is fetched, and how far that is.</param>
    /// <param name="cancellationToken">Stops it; what has arrived is kept.</param>
    /// <exception cref="InvalidRequestException">It may not be named.</exception>
    /// <exception cref="LoraException">It is not to be had.</exception>
    public async Task<string> FindAsync(string name, PredictionLog log, CancellationToken cancellationToken)
    {
        if (FindInFolder(name) is { } path)
        {
            return path;
        }

        ModelName.OnHub named = RequireAllowed(name);
        using CancellationTokenSource tooLarge = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        LoraDownload download = new(log, _options.MaxLoraBytes, tooLarge);
        try
        {
            string found = await Store(named, download).GetLoraAsync(named, tooLarge.Token);
            Touch(named);
            return found;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new LoraException($"The LoRA {name} is too large: it has {download.Bytes >> 20} MiB, and at most {_options.MaxLoraBytes >> 20} MiB are allowed.");
        }
        catch (DownloadException error)
        {
            throw new LoraException($"The LoRA {name} cannot be downloaded: {error.Message.Replace(_cache.Root, "the server's cache", StringComparison.Ordinal)}", error);
        }
    }

    /// <summary>Removes fetched LoRAs, the ones used longest ago first, until they take no more room than they may.</summary>
    /// <param name="kept">The paths of those that are in use.</param>
    public void Trim(IReadOnlyCollection<string> kept)
    {
        ModelStore store = new(_settings, KnownFiles.Released, new HubTiming(), DownloadMode.Never, null);
        StoredModel[] stored = [.. store.List().Where(model => Path.GetDirectoryName(model.Folder) == _cache.Root).OrderByDescending(model => Directory.GetLastWriteTimeUtc(model.Folder))];
        long total = 0;
        foreach (StoredModel model in stored)
        {
            total += model.Bytes + model.IncompleteBytes;
            if (total > _options.MaxLoraDataBytes && !kept.Any(path => path.StartsWith(model.Folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)))
            {
                total -= store.Remove(model);
            }
        }
    }

    /// <summary>A file or folder in the server's folder: below it, or it is none.</summary>
    private string? FindInFolder(string name)
    {
        string? path = IsName(name) && _options.LoraFolder is { } folder ? Path.Combine(Path.GetFullPath(folder), name) : null;
        return File.Exists(path) || Directory.Exists(path) ? path : null;
    }

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 200 && !Path.IsPathRooted(name) && name.Split('/', '\\').All(part => part.Length > 0 && part is not ("." or "..") && !part.Any(char.IsControl));

    private ModelName.OnHub RequireAllowed(string name) =>
        ModelName.ParseHub(name) is { } named && _options.AllowedLoras.Any(pattern => IsMatch(pattern, named.Repository))
            ? named
            : throw Refused($"must be \"{DeploymentInput.NoLora}\" or {Choices()}; it is {(name.Length <= 100 ? name : name[..100] + "...")}.");

    private string Choices()
    {
        string folder = _options.LoraFolder is null ? "" : "the name of a file or folder in the server's folder of LoRAs";
        string hub = _options.AllowedLoras.Count == 0 ? "" : $"a name on the hub that this server allows ({string.Join(", ", _options.AllowedLoras)})";
        string[] choices = [.. new[] { folder, hub }.Where(choice => choice.Length > 0)];
        return choices.Length > 0 ? string.Join(" or ", choices) : "nothing else: this server takes no LoRAs (--lora-dir, --allow-lora)";
    }

    /// <summary>The operator's own token is for what the operator has named, not for whatever clients name.</summary>
    private ModelStore Store(ModelName.OnHub name, IProgress<DownloadProgress>? progress)
    {
        bool isNamed = _options.AllowedLoras.Any(pattern => pattern != Everything && IsMatch(pattern, name.Repository));
        return new ModelStore(isNamed ? _settings : _settings with { Token = null }, KnownFiles.Released, new HubTiming(), _options.Pipeline.Download, progress);
    }

    /// <summary>"owner/name", "owner/*" or "*".</summary>
    private static bool IsMatch(string pattern, string repository) =>
        pattern == Everything
        || pattern.Equals(repository, StringComparison.OrdinalIgnoreCase)
        || (pattern.EndsWith("/" + Everything, StringComparison.Ordinal) && repository.StartsWith(pattern[..^1], StringComparison.OrdinalIgnoreCase));

    private void Touch(ModelName.OnHub name)
    {
        string folder = _cache.Repository(name.Repository);
        if (Directory.Exists(folder))
        {
            Directory.SetLastWriteTimeUtc(folder, DateTime.UtcNow);
        }
    }

    private static InvalidRequestException Refused(string rule) => new(DeploymentFields.Lora.Name, rule);

    /// <summary>Tells a prediction's log of a download, and ends one that is too large before it begins.</summary>
    private sealed class LoraDownload(PredictionLog log, long most, CancellationTokenSource tooLarge) : IProgress<DownloadProgress>
    {
        private DownloadPlan? _plan;
        private string? _note;

        public long Bytes => _plan?.Bytes ?? 0;

        public void Report(DownloadProgress value)
        {
            if (value.Note is { } note && note != _note)
            {
                log.Line($"Note: {_note = note}");
            }

            if (value.Plan.Files.Count == 0)
            {
                return;
            }

            if (!ReferenceEquals(_plan, value.Plan))
            {
                _plan = value.Plan;
                if (Bytes > most)
                {
                    tooLarge.Cancel();
                    return;
                }

                log.Line(FormattableString.Invariant($"Downloading {_plan.Name} from {_plan.Host}: {Bytes / 1e6:0.#} MB in {_plan.Files.Count} {(_plan.Files.Count == 1 ? "file" : "files")}"));
            }

            log.Report(new MusicProgress(MusicStage.Downloading, value.Completed, value.Total, value.Remaining));
            if (value.Completed >= value.Total)
            {
                log.Line($"{_plan.Name} is downloaded and verified");
            }
        }
    }
}

/// <summary>A LoRA cannot be used; the message is for the client.</summary>
internal sealed class LoraException(string message, Exception? inner = null) : Exception(message, inner);
