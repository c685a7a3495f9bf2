namespace AceStep.Hub;

/// <summary>
/// A cache in Hugging Face's layout: models--owner--name/{blobs,refs,snapshots/COMMIT}. Python's huggingface_hub reads and
/// writes the same.
/// </summary>
/// <param name="Root">The folder of the cache.</param>
internal sealed record HubCache(string Root)
{
    /// <summary>The revision that a name without one means.</summary>
    public const string DefaultRevision = "main";

    private const string FolderPrefix = "models--";
    private const string Separator = "--";

    /// <summary>Far more than a revision has: 40 hexadecimal digits.</summary>
    private const int LongestRevision = 200;

    /// <summary>The folder of a repository, whether it exists or not.</summary>
    public string Repository(string name) => Path.Combine(Root, FolderPrefix + name.Replace("/", Separator, StringComparison.Ordinal));

    /// <summary>The folder of a commit's files.</summary>
    public string Snapshot(string name, string commit) => Path.Combine(Repository(name), "snapshots", commit);

    /// <summary>The folder of a repository's locks.</summary>
    public string Locks(string name) => Path.Combine(Root, ".locks", Path.GetFileName(Repository(name)));

    /// <summary>Where a file of a commit goes.</summary>
    public FilePlace Place(string name, string commit, RemoteFile file) => new(
        Path.Combine(Repository(name), "blobs", file.Key),
        SafePath.Below(Snapshot(name, commit), file.Path),
        Path.Combine(Locks(name), $"{file.Key}.lock"));

    /// <summary>The commit that a branch or tag was, when it was last asked for; null where it never was.</summary>
    public string? FindCommit(string name, string revision)
    {
        string reference = Path.Combine(Repository(name), "refs", revision);
        try
        {
            return ModelName.IsCommit(revision) ? revision
                : File.Exists(reference) && File.ReadAllText(reference).Trim() is var commit && ModelName.IsCommit(commit) ? commit
                : null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The snapshot of a cached repository's main branch; null where the folder is no such repository, or the snapshot is not there.</summary>
    public static string? MainSnapshot(string repository)
    {
        FileInfo main = new(Path.Combine(repository, "refs", DefaultRevision));
        if (!main.Exists || main.Length > LongestRevision)
        {
            return null;
        }

        // The name comes from a file: it must not lead elsewhere.
        string revision = File.ReadAllText(main.FullName).Trim();
        string snapshot = Path.Combine(repository, "snapshots", revision);
        return revision.Length > 0 && revision.All(char.IsAsciiLetterOrDigit) && Directory.Exists(snapshot) ? snapshot : null;
    }

    /// <summary>Keeps which commit a branch or tag is.</summary>
    public void SetCommit(string name, string revision, string commit)
    {
        if (ModelName.IsCommit(revision) || FindCommit(name, revision) == commit)
        {
            return;
        }

        string reference = Path.Combine(Repository(name), "refs", revision);
        Directory.CreateDirectory(Path.GetDirectoryName(reference)!);
        OutputFile.Replace(reference, stream => stream.Write(System.Text.Encoding.ASCII.GetBytes(commit)));
    }

    /// <summary>The repositories that have something in this cache.</summary>
    public IEnumerable<string> Repositories() => Directory.Exists(Root)
        ? Directory.EnumerateDirectories(Root, FolderPrefix + "*")
            .Select(folder => Path.GetFileName(folder)[FolderPrefix.Length..].Replace(Separator, "/", StringComparison.Ordinal))
            .Order(StringComparer.OrdinalIgnoreCase)
        : [];

    /// <summary>The commits of a repository that have files here.</summary>
    public IEnumerable<string> Commits(string name) => Path.Combine(Repository(name), "snapshots") is var folder && Directory.Exists(folder)
        ? Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)!).Where(ModelName.IsCommit).Order(StringComparer.Ordinal)
        : [];

    /// <summary>The files of a folder that are there, by their paths with slashes; links that lead nowhere are not.</summary>
    public static IReadOnlyList<string> Files(string folder)
    {
        EnumerationOptions all = new() { RecurseSubdirectories = true, MaxRecursionDepth = 16, AttributesToSkip = 0, IgnoreInaccessible = true };
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*", all).Where(File.Exists).Select(path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/')).Order(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>Marks the cache for programs that make backups.</summary>
    public void Mark()
    {
        string tag = Path.Combine(Root, "CACHEDIR.TAG");
        if (!File.Exists(tag))
        {
            Directory.CreateDirectory(Root);
            OutputFile.Replace(tag, stream => stream.Write("Signature: 8a477f597d28d172789f06886806bc55\n"u8));
        }
    }
}
