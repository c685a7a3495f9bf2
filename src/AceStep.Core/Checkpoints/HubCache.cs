namespace AceStep.Checkpoints;

/// <summary>The layout in which hub libraries keep a repository: <c>refs/main</c> names the revision, <c>snapshots/REVISION</c> holds its files.</summary>
internal static class HubCache
{
    // A revision is 40 hexadecimal digits.
    private const int LongestRevision = 200;

    /// <summary>The snapshot of a cached repository's main branch; null where the folder is no such repository, or the snapshot is not there.</summary>
    public static string? MainSnapshot(string repository)
    {
        FileInfo main = new(Path.Combine(repository, "refs", "main"));
        if (!main.Exists || main.Length > LongestRevision)
        {
            return null;
        }

        // The name comes from a file: it must not lead elsewhere.
        string revision = File.ReadAllText(main.FullName).Trim();
        string snapshot = Path.Combine(repository, "snapshots", revision);
        return revision.Length > 0 && revision.All(char.IsAsciiLetterOrDigit) && Directory.Exists(snapshot) ? snapshot : null;
    }
}
