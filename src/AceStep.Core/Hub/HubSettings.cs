using System.Text.RegularExpressions;

namespace AceStep.Hub;

/// <summary>Where the hub and the caches are, as Python's huggingface_hub finds them. Immutable.</summary>
internal sealed partial record HubSettings
{
    /// <summary>The hub, where the environment names no mirror.</summary>
    public const string DefaultEndpoint = "https://huggingface.co";

    /// <summary>The hub's address, without a slash at the end.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The cache that downloads go to.</summary>
    public required string Cache { get; init; }

    /// <summary>Caches of the same layout that are read, too: the original's own.</summary>
    public IReadOnlyList<string> OtherCaches { get; init; } = [];

    /// <summary>Where libraries keep what comes from elsewhere.</summary>
    public required string Assets { get; init; }

    /// <summary>Who asks; null for anybody. Goes to the hub alone.</summary>
    public string? Token { get; init; }

    /// <summary>Whether nothing may be asked.</summary>
    public bool IsOffline { get; init; }

    /// <summary>Whether snapshots hold links to blobs; else the files themselves.</summary>
    public bool UsesLinks { get; init; } = true;

    /// <summary>All caches, the one for downloads first.</summary>
    public IEnumerable<string> Caches => OtherCaches.Prepend(Cache);

    /// <summary>The settings that an environment gives.</summary>
    /// <param name="variable">The value of a variable; null where it is not set.</param>
    /// <exception cref="ArgumentException"><c>HF_ENDPOINT</c> is no address.</exception>
    public static HubSettings From(Func<string, string?> variable)
    {
        string user = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string home = Folder("HF_HOME") ?? Path.Combine(Folder("XDG_CACHE_HOME") ?? Path.Combine(user, ".cache"), "huggingface");
        string endpoint = (Value("HF_ENDPOINT") ?? DefaultEndpoint).TrimEnd('/');
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? uri) || (uri.Scheme != Uri.UriSchemeHttps && uri.Scheme != Uri.UriSchemeHttp))
        {
            throw new ArgumentException($"HF_ENDPOINT must be an address that begins with https://; it is {endpoint}.");
        }

        return new HubSettings
        {
            Endpoint = uri,
            Cache = Folder("HF_HUB_CACHE") ?? Folder("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub"),
            OtherCaches = [Path.Combine(user, ".cache", "ace-step", "checkpoints")],
            Assets = Path.Combine(Folder("HF_ASSETS_CACHE") ?? Folder("HUGGINGFACE_ASSETS_CACHE") ?? Path.Combine(home, "assets"), "acestep"),
            Token = IsOn("HF_HUB_DISABLE_IMPLICIT_TOKEN") ? null : UsableToken(Value("HF_TOKEN") ?? Value("HUGGING_FACE_HUB_TOKEN")) ?? ReadToken(Folder("HF_TOKEN_PATH") ?? Path.Combine(home, "token")),
            IsOffline = IsOn("HF_HUB_OFFLINE") || IsOn("TRANSFORMERS_OFFLINE"),
            UsesLinks = !IsOn("HF_HUB_DISABLE_SYMLINKS"),
        };

        string? Value(string name) => variable(name) is { } value && value.Trim() is { Length: > 0 } trimmed ? trimmed : null;

        bool IsOn(string name) => Value(name)?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";

        string? Folder(string name) => Value(name) is { } path ? Expand(path, user, variable) : null;
    }

    /// <summary>The settings of this process.</summary>
    public static HubSettings FromEnvironment() => From(Environment.GetEnvironmentVariable);

    /// <summary>Whether a request to an address may say who asks: it goes to the hub, and nobody on the way can read it.</summary>
    public bool MayCarryToken(Uri address) =>
        address.Scheme == Endpoint.Scheme && address.Authority == Endpoint.Authority && (address.Scheme == Uri.UriSchemeHttps || address.IsLoopback);

    private static string Expand(string path, string user, Func<string, string?> variable)
    {
        string expanded = Variable().Replace(path, match => variable(match.Groups["name"].Value) ?? match.Value);
        return Path.GetFullPath(expanded == "~" || expanded.StartsWith("~/", StringComparison.Ordinal) ? user + expanded[1..] : expanded);
    }

    /// <summary>A token becomes a header: what could be more than one is none.</summary>
    private static string? UsableToken(string? text) => text is { Length: > 0 } && text.All(char.IsAscii) && !text.Any(character => char.IsControl(character) || character == ' ') ? text : null;

    private static string? ReadToken(string path)
    {
        try
        {
            return File.Exists(path) ? UsableToken(File.ReadAllText(path).Trim()) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A token that cannot be read is none: the hub says so where it wants one.
            return null;
        }
    }

    [GeneratedRegex(@"\$(?:\{(?<name>\w+)\}|(?<name>\w+))")]
    private static partial Regex Variable();
}

/// <summary>How long is waited, how often tried again, how much done at once. Immutable.</summary>
internal sealed record HubTiming
{
    /// <summary>For an answer to begin.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For the next byte.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Before the first repetition; each further one waits about twice as long, with some chance in it.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Between repetitions, at most.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What a server may ask to wait; more is an error.</summary>
    public TimeSpan LongestRequestedPause { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Between looks at a lock that another process holds.</summary>
    public TimeSpan LockPause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Repetitions without a step forward.</summary>
    public int Repetitions { get; init; } = 6;

    /// <summary>What counts as a step forward, where a connection breaks again and again.</summary>
    public long Step { get; init; } = 64 * 1024;

    /// <summary>Redirects from one request.</summary>
    public int Redirects { get; init; } = 8;

    /// <summary>Files that are fetched at once.</summary>
    public int FilesAtOnce { get; init; } = 4;

    /// <summary>The clock of the pauses.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The bytes that the disk of a folder has room for.</summary>
    public Func<string, long> FreeBytes { get; init; } = folder => new DriveInfo(folder).AvailableFreeSpace;
}
