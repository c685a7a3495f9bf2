namespace AceStep;

/// <summary>What may be downloaded.</summary>
public enum DownloadMode
{
    /// <summary>
    /// Whatever is given by a hub name or an https address, and what lyrics need with it. Nothing for a folder or file on
    /// disk. Anything already in a cache is used from there, without asking the network.
    /// </summary>
    WhenNamed,

    /// <summary>Nothing: names are looked up only in the caches. The environment variable <c>HF_HUB_OFFLINE</c> has the same effect.</summary>
    Never,

    /// <summary>As <see cref="WhenNamed"/>, and also the lyric vocabulary and the Japanese dictionary for a folder or file on disk that lacks them.</summary>
    WhenMissing,
}

/// <summary>What a download will fetch; reported before it begins. Immutable.</summary>
public sealed record DownloadPlan
{
    /// <summary>The name of what is downloaded: "ACE-Step/ACE-Step-v1-3.5B", "lyric vocabulary".</summary>
    public required string Name { get; init; }

    /// <summary>The host that is asked: "huggingface.co". It may redirect to other hosts for the contents.</summary>
    public required string Host { get; init; }

    /// <summary>The commit of the hub's repository, 40 hexadecimal digits; null for a download from elsewhere.</summary>
    public string? Commit { get; init; }

    /// <summary>The folder that the files are written to.</summary>
    public required string Folder { get; init; }

    /// <summary>The files to download, without those that are complete already.</summary>
    public required IReadOnlyList<DownloadFile> Files { get; init; }

    /// <summary>The size of all files in bytes.</summary>
    public long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>The bytes of them that are already there from an earlier attempt.</summary>
    public long BytesPresent => Files.Sum(file => file.BytesPresent);
}

/// <summary>One file of a download. Immutable.</summary>
/// <param name="Path">Its path within the download, with slashes.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="BytesPresent">The bytes that are already there from an earlier attempt; they are verified with the rest.</param>
/// <param name="Checksum">The hash that its contents must have: "sha256:..." or "git:..." (Git's SHA-1 of a blob); null if it is not known.</param>
public sealed record DownloadFile(string Path, long Bytes, long BytesPresent, string? Checksum);

/// <summary>
/// One report of a download. The first comes before anything is fetched, the last when everything is verified and in its
/// place. Reports come one at a time, on threads of the pool, at most ten a second.
/// </summary>
/// <param name="Plan">What is downloaded.</param>
/// <param name="Completed">Bytes that have arrived in this run.</param>
/// <param name="Total">Bytes to fetch in this run: those of the plan without those already present. It grows if contents were wrong and are fetched again.</param>
/// <param name="BytesPerSecond">The rate over the last seconds; null before it is known.</param>
/// <param name="Remaining">An estimate of the time left; null before it is known.</param>
/// <param name="Note">Why it is waiting: for a pause that the hub asked for, or for another process that fetches the same file. Null if it is not waiting.</param>
public readonly record struct DownloadProgress(DownloadPlan Plan, long Completed, long Total, double? BytesPerSecond, TimeSpan? Remaining, string? Note);

/// <summary>
/// A download failed: the file does not exist, access is not allowed, its contents are wrong, or the network failed
/// repeatedly. Data that has arrived stays in the cache, and the next attempt continues from it; nothing unverified is used.
/// </summary>
public sealed class DownloadException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was to be downloaded, and why it could not be.</param>
    /// <param name="innerException">The underlying error of the network or the disk, or null.</param>
    public DownloadException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
