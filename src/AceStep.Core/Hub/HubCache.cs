namespace AceStep.Hub;

/// <summary>
/// A cache in Hugging Face's layout, models--owner--name/{blobs,refs,snapshots/COMMIT}, which Python's huggingface_hub reads
/// and writes too.
/// </summary>
/// <param name="Root">The folder of the cache.</param>
internal sealed record HubCache(string Root)
{
    /// <summary>The revision of a name that gives none.</summary>
    public const string DefaultRevision = "main";

    private const string FolderPrefix = "models--";
    private const string Separator = "--";

    /// <summary>The longest revision that is read from a file; a commit has 40 characters.</summary>
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

    /// <summary>The commit that a branch or tag had when it was last downloaded; null if it never was.</summary>
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

    /// <summary>The snapshot of a cached repository's main branch; null if the folder is not a cached repository, or has no such snapshot.</summary>
    public static string? MainSnapshot(string repository)
    {
        FileInfo main = new(Path.Combine(repository, "refs", DefaultRevision));
        if (!main.Exists || main.Length > LongestRevision)
        {
            return null;
        }

        // The revision comes from a file, so it must not contain a path.
        string revision = File.ReadAllText(main.FullName).Trim();
        string snapshot = Path.Combine(repository, "snapshots", revision);
        return revision.Length > 0 && revision.All(char.IsAsciiLetterOrDigit) && Directory.Exists(snapshot) ? snapshot : null;
    }

    /// <summary>The repository and commit of a snapshot's folder in any cache; null if the folder is not a snapshot.</summary>
    public static (string Repository, string Commit, bool IsMain)? SnapshotOf(string folder)
    {
        DirectoryInfo snapshot = new(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        return snapshot.Parent is { Name: "snapshots", Parent: { } repository } && repository.Name.StartsWith(FolderPrefix, StringComparison.Ordinal)
            ? (repository.FullName, snapshot.Name, MainSnapshot(repository.FullName) == snapshot.FullName)
            : null;
    }

    /// <summary>Stores the commit of a branch or tag.</summary>
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

    /// <summary>The names of the repositories in this cache.</summary>
    public IEnumerable<string> Repositories() => Directory.Exists(Root)
        ? Directory.EnumerateDirectories(Root, FolderPrefix + "*")
            .Select(folder => Path.GetFileName(folder)[FolderPrefix.Length..].Replace(Separator, "/", StringComparison.Ordinal))
            .Order(StringComparer.OrdinalIgnoreCase)
        : [];

    /// <summary>The commits of a repository that are in this cache.</summary>
    public IEnumerable<string> Commits(string name) => Path.Combine(Repository(name), "snapshots") is var folder && Directory.Exists(folder)
        ? Directory.EnumerateDirectories(folder).Select(path => Path.GetFileName(path)!).Where(ModelName.IsCommit).Order(StringComparer.Ordinal)
        : [];

    /// <summary>The branches and tags of a repository that were fetched, with their commits.</summary>
    public IReadOnlyDictionary<string, string> References(string name)
    {
        string folder = Path.Combine(Repository(name), "refs");
        return Files(folder).Select(revision => (revision, Commit: FindCommit(name, revision))).Where(entry => entry.Commit is not null).ToDictionary(entry => entry.revision, entry => entry.Commit!);
    }

    /// <summary>Removes a commit's snapshot, its branches and tags, and the blobs that no other snapshot links to.</summary>
    /// <returns>The number of bytes that were freed.</returns>
    public long Remove(string name, string commit)
    {
        HashSet<string> shared = [.. Commits(name).Where(other => other != commit).SelectMany(other => Contents(name, other))];
        string[] own = [.. Contents(name, commit).Distinct().Where(path => !shared.Contains(path))];

        // In this order, because an interruption then leaves unused blobs, never a snapshot with broken links.
        long freed = HubModels.Sizes(Snapshot(name, commit)).Bytes;
        Directory.Delete(Snapshot(name, commit), recursive: true);
        foreach ((string revision, _) in References(name).Where(reference => reference.Value == commit))
        {
            File.Delete(Path.Combine(Repository(name), "refs", revision));
        }

        foreach (FileInfo file in own.Select(path => new FileInfo(path)).Where(file => file.Exists))
        {
            freed += file.Length;
            file.Delete();
        }

        return freed;
    }

    /// <summary>The blobs of this repository that a snapshot links to.</summary>
    private IEnumerable<string> Contents(string name, string commit)
    {
        EnumerationOptions all = new() { RecurseSubdirectories = true, MaxRecursionDepth = 16, AttributesToSkip = 0, IgnoreInaccessible = true };
        string blobs = Path.GetFullPath(Path.Combine(Repository(name), "blobs"));
        return new DirectoryInfo(Snapshot(name, commit)).EnumerateFiles("*", all)
            .Where(file => file.LinkTarget is not null)
            .Select(file => Path.GetFullPath(file.LinkTarget!, file.DirectoryName!))
            .Where(target => Path.GetDirectoryName(target) == blobs);
    }

    /// <summary>The files of a folder, as paths with slashes, without broken links.</summary>
    public static IReadOnlyList<string> Files(string folder)
    {
        EnumerationOptions all = new() { RecurseSubdirectories = true, MaxRecursionDepth = 16, AttributesToSkip = 0, IgnoreInaccessible = true };
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*", all).Where(File.Exists).Select(path => Path.GetRelativePath(folder, path).Replace(Path.DirectorySeparatorChar, '/')).Order(StringComparer.Ordinal)]
            : [];
    }

    /// <summary>Marks the cache so that backup programs leave it out.</summary>
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

/// <summary>Checks paths that come from outside, so that files are written only below their folder, on every system.</summary>
internal static class SafePath
{
    private const int LongestSegment = 200;
    private const int MostSegments = 16;

    private static readonly string[] DeviceNames = ["con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"];

    /// <summary>Whether a path with slashes is relative, stays below its folder, and is a valid file name on Windows too.</summary>
    public static bool IsSafe(string path) => path.Split('/') is { Length: <= MostSegments } segments && segments.All(IsSafeSegment);

    /// <summary>Combines a folder and a path below it.</summary>
    /// <exception cref="DownloadException">The path is not safe.</exception>
    public static string Below(string folder, string path) => IsSafe(path)
        ? Path.Combine([folder, .. path.Split('/')])
        : throw new DownloadException($"The hub lists a file \"{path}\", which is outside its folder or not a valid file name; it was not written.");

    private static bool IsSafeSegment(string segment) =>
        segment.Length is > 0 and <= LongestSegment
        && segment is not ("." or "..")
        && !segment.Any(character => char.IsControl(character) || character is '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|')
        && segment[^1] is not (' ' or '.')
        && !DeviceNames.Contains(segment.Split('.')[0], StringComparer.OrdinalIgnoreCase);
}
