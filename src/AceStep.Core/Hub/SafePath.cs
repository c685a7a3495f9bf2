namespace AceStep.Hub;

/// <summary>Paths that others name and that become files: they stay below where they belong, on every system.</summary>
internal static class SafePath
{
    private const int LongestSegment = 200;
    private const int MostSegments = 16;

    private static readonly string[] DeviceNames = ["con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"];

    /// <summary>Whether a path with slashes is relative, leads nowhere else, and can be a file on Windows too.</summary>
    public static bool IsSafe(string path) => path.Split('/') is { Length: <= MostSegments } segments && segments.All(IsSafeSegment);

    /// <summary>A path below a folder.</summary>
    /// <exception cref="DownloadException">It would lead elsewhere.</exception>
    public static string Below(string folder, string path) => IsSafe(path)
        ? Path.Combine([folder, .. path.Split('/')])
        : throw new DownloadException($"The hub names a file \"{path}\", which leads out of its folder or can be no file; nothing of it is written.");

    private static bool IsSafeSegment(string segment) =>
        segment.Length is > 0 and <= LongestSegment
        && segment is not ("." or "..")
        && !segment.Any(character => char.IsControl(character) || character is '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|')
        && segment[^1] is not (' ' or '.')
        && !DeviceNames.Contains(segment.Split('.')[0], StringComparer.OrdinalIgnoreCase);
}
