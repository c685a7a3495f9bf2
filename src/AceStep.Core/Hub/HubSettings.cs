using System.Text.RegularExpressions;

namespace AceStep.Hub;

/// <summary>Where the hub and the caches are; read from the same environment variables as by Python's huggingface_hub. Immutable.</summary>
internal sealed partial record HubSettings
{
    /// <summary>The hub's address, unless the environment names a mirror.</summary>
    public const string DefaultEndpoint = "https://huggingface.co";

    /// <summary>The hub's address, without a slash at the end.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The cache that downloads go to.</summary>
    public required string Cache { get; init; }

    /// <summary>Other caches of the same layout that are read but not written: the original program's own.</summary>
    public IReadOnlyList<string> OtherCaches { get; init; } = [];

    /// <summary>The folder for downloads that do not come from the hub.</summary>
    public required string Assets { get; init; }

    /// <summary>The access token, sent only to the hub; null for anonymous requests.</summary>
    public string? Token { get; init; }

    /// <summary>Whether the network must not be used.</summary>
    public bool IsOffline { get; init; }

    /// <summary>Whether snapshots hold links to blobs, or the files themselves.</summary>
    public bool UsesLinks { get; init; } = true;

    /// <summary>All caches, beginning with the one for downloads.</summary>
    public IEnumerable<string> Caches => OtherCaches.Prepend(Cache);

    /// <summary>Reads the settings from environment variables.</summary>
    /// <param name="variable">Returns the value of a variable, or null if it is not set.</param>
    /// <exception cref="ArgumentException"><c>HF_ENDPOINT</c> is not a valid address.</exception>
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

    /// <summary>Whether the token may be sent to an address: only to the hub, and only encrypted or on this machine.</summary>
    public bool MayCarryToken(Uri address) =>
        address.Scheme == Endpoint.Scheme && address.Authority == Endpoint.Authority && (address.Scheme == Uri.UriSchemeHttps || address.IsLoopback);

    private static string Expand(string path, string user, Func<string, string?> variable)
    {
        string expanded = Variable().Replace(path, match => variable(match.Groups["name"].Value) ?? match.Value);
        return Path.GetFullPath(expanded == "~" || expanded.StartsWith("~/", StringComparison.Ordinal) ? user + expanded[1..] : expanded);
    }

    /// <summary>The token, or null if it has characters that must not be in a header.</summary>
    private static string? UsableToken(string? text) => text is { Length: > 0 } && text.All(char.IsAscii) && !text.Any(character => char.IsControl(character) || character == ' ') ? text : null;

    private static string? ReadToken(string path)
    {
        try
        {
            return File.Exists(path) ? UsableToken(File.ReadAllText(path).Trim()) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Without a readable token the request is anonymous, and the hub refuses it if it needs one.
            return null;
        }
    }

    [GeneratedRegex(@"\$(?:\{(?<name>\w+)\}|(?<name>\w+))")]
    private static partial Regex Variable();
}

/// <summary>Time-outs, retries and the number of parallel downloads. Immutable.</summary>
internal sealed record HubTiming
{
    /// <summary>The longest wait for an answer to begin.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest wait for the next byte.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The pause before the first retry. Each further pause is about twice as long, with some randomness.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest pause between retries.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest pause that a server may ask for; a longer one is an error.</summary>
    public TimeSpan LongestRequestedPause { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The pause between two attempts to take a lock that another process holds.</summary>
    public TimeSpan LockPause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The number of retries without progress.</summary>
    public int Repetitions { get; init; } = 6;

    /// <summary>The bytes that count as progress if a connection breaks again and again.</summary>
    public long Step { get; init; } = 64 * 1024;

    /// <summary>The most redirects that are followed for one request.</summary>
    public int Redirects { get; init; } = 8;

    /// <summary>The number of files that are fetched at once.</summary>
    public int FilesAtOnce { get; init; } = 4;

    /// <summary>The clock that pauses are measured with.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Returns the free bytes on the disk of a folder.</summary>
    public Func<string, long> FreeBytes { get; init; } = folder => new DriveInfo(folder).AvailableFreeSpace;
}
