namespace AceStep.Lyrics.Japanese;

/// <summary>Where dictionaries are looked for: what was named, then beside the checkpoint, then what the program keeps, then the system's.</summary>
internal static class JapaneseDictionaries
{
    /// <summary>The environment variable that names a dictionary's folder.</summary>
    public const string EnvironmentVariable = "ACESTEP_UNIDIC";

    // Debian's unidic-mecab.
    private static readonly string[] SystemFolders = ["/var/lib/mecab/dic/unidic", "/usr/share/mecab/dic/unidic"];

    /// <summary>The folders in their order; only those that were named need not exist.</summary>
    public static IReadOnlyList<string> Candidates(string? named, string? checkpoint, string? cached = null)
    {
        string? fromEnvironment = Environment.GetEnvironmentVariable(EnvironmentVariable);
        return
        [
            .. new[] { named, fromEnvironment }.OfType<string>().Where(folder => folder.Length > 0),
            .. BesideCheckpoint(checkpoint),
            .. new[] { cached }.OfType<string>().Where(IsDictionary),
            .. SystemFolders.Where(IsDictionary),
        ];
    }

    // Folders whose names start with "unidic", in the checkpoint's folder or next to it; the original's own (unidic-lite)
    // before others.
    private static IEnumerable<string> BesideCheckpoint(string? checkpoint)
    {
        if (checkpoint is null)
        {
            return [];
        }

        string folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(checkpoint));
        return new[] { folder, Path.GetDirectoryName(folder) }
            .OfType<string>()
            .Where(Directory.Exists)
            .SelectMany(parent => Directory.EnumerateDirectories(parent, "unidic*").Where(IsDictionary)
                .OrderByDescending(path => Path.GetFileName(path).StartsWith("unidic-lite", StringComparison.Ordinal))
                .ThenBy(path => path, StringComparer.Ordinal));
    }

    private static bool IsDictionary(string folder) => File.Exists(Path.Combine(folder, "sys.dic"));
}
