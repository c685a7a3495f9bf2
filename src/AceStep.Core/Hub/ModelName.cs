using System.Text.RegularExpressions;

namespace AceStep.Hub;

/// <summary>The name of a checkpoint, LoRA or dictionary: a path on disk, a name on the hub, or an address.</summary>
internal abstract partial record ModelName
{
    private const int LongestRepository = 96;

    private ModelName()
    {
    }

    /// <summary>A folder or file.</summary>
    public sealed record LocalPath(string Path) : ModelName
    {
        public override string ToString() => Path;
    }

    /// <summary>A repository of the hub, at a revision (null for the default one), or one file of it.</summary>
    public sealed record OnHub(string Repository, string? Revision = null, string? File = null) : ModelName
    {
        public override string ToString() => Repository + (Revision is null ? "" : $"@{Revision}") + (File is null ? "" : $"/{File}");
    }

    /// <summary>The https address of a file.</summary>
    public sealed record Address(Uri Uri) : ModelName
    {
        public override string ToString() => Uri.GetLeftPart(UriPartial.Path);
    }

    /// <summary>Whether it is on the hub or the web, not on disk.</summary>
    public bool IsRemote => this is not LocalPath;

    /// <summary>Reads a name. If a path with this text exists on disk, it means that path.</summary>
    /// <exception cref="ArgumentException">It is an address that is malformed, has a password, or is not https.</exception>
    public static ModelName Parse(string text, Uri endpoint)
    {
        if (text.StartsWith("https://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
        {
            return ParseAddress(text, endpoint);
        }

        if (File.Exists(text) || Directory.Exists(text))
        {
            return new LocalPath(text);
        }

        return (ModelName?)ParseHub(text) ?? new LocalPath(text);
    }

    /// <summary>Reads a name on the hub, <c>owner/name</c> or <c>owner/name@revision</c>, without looking on disk. Null if it is not one.</summary>
    public static OnHub? ParseHub(string text)
    {
        int at = text.IndexOf('@', StringComparison.Ordinal);
        (string repository, string? revision) = at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);
        return IsRepository(repository) && (revision is null || IsRevision(revision)) ? new OnHub(repository, revision) : null;
    }

    /// <summary>Whether a text can be a revision: a branch, a tag or a commit. It becomes a path below refs/, so it must be safe.</summary>
    public static bool IsRevision(string text) => RevisionForm().IsMatch(text) && !text.Contains("..", StringComparison.Ordinal) && SafePath.IsSafe(text);

    /// <summary>Whether a text is a commit: 40 hexadecimal digits.</summary>
    public static bool IsCommit(string text) => CommitForm().IsMatch(text);

    private static bool IsRepository(string text) =>
        text.Length <= LongestRepository
        && RepositoryForm().IsMatch(text)
        && !text.Contains("--", StringComparison.Ordinal)
        && !text.Contains("..", StringComparison.Ordinal)
        && !text.EndsWith(".git", StringComparison.Ordinal)
        && !text.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)
        && !text.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    private static ModelName ParseAddress(string text, Uri endpoint)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0)
        {
            throw new ArgumentException($"{text} is not a valid address.", nameof(text));
        }

        if (uri.UserInfo.Length > 0)
        {
            throw new ArgumentException($"An address must not contain a user name or password; the one for {uri.Host} does.", nameof(text));
        }

        bool isEndpoint = uri.Authority == endpoint.Authority && uri.Scheme == endpoint.Scheme;
        if (uri.Scheme != Uri.UriSchemeHttps && !uri.IsLoopback && !isEndpoint)
        {
            throw new ArgumentException($"An address must begin with https://; it is {text}.", nameof(text));
        }

        return isEndpoint || uri.Host is "huggingface.co" or "hf.co" ? OfHubPage(uri) : new Address(uri);
    }

    /// <summary>Reads the address of one of the hub's pages, as copied from a browser: a repository, its tree at a revision, or a file.</summary>
    private static ModelName OfHubPage(Uri uri)
    {
        string[] parts = [.. uri.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];
        if (parts.Length < 2 || !IsRepository($"{parts[0]}/{parts[1]}") || parts[0] is "datasets" or "spaces" or "api")
        {
            return new Address(uri);
        }

        string repository = $"{parts[0]}/{parts[1]}";
        return parts.Length switch
        {
            2 => new OnHub(repository),
            4 when parts[2] == "tree" && IsRevision(parts[3]) => new OnHub(repository, parts[3]),
            > 4 when parts[2] is "resolve" or "blob" && IsRevision(parts[3]) && SafePath.IsSafe(string.Join('/', parts[4..])) => new OnHub(repository, parts[3], string.Join('/', parts[4..])),
            _ => new Address(uri),
        };
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*\z")]
    private static partial Regex RepositoryForm();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}\z")]
    private static partial Regex RevisionForm();

    [GeneratedRegex(@"^[0-9a-f]{40}\z")]
    private static partial Regex CommitForm();
}
