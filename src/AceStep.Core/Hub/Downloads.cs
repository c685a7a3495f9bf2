namespace AceStep;

/// <summary>What may be fetched from the network.</summary>
public enum DownloadMode
{
    /// <summary>
    /// What was named by a hub name or an https address, and what lyrics need beside it. Nothing for a bare folder or file.
    /// What is in a cache already is used from there, and nobody is asked.
    /// </summary>
    WhenNamed,

    /// <summary>Nothing: names are looked up in the caches alone. The environment variable <c>HF_HUB_OFFLINE</c> has the same effect everywhere.</summary>
    Never,

    /// <summary>As <see cref="WhenNamed"/>; also the lyric vocabulary and the Japanese dictionary for a bare folder or file that lacks them.</summary>
    WhenMissing,
}

/// <summary>What a download will fetch; known, and said, before it begins. Immutable.</summary>
public sealed record DownloadPlan
{
    /// <summary>What was asked for: "ACE-Step/ACE-Step-v1-3.5B", "lyric vocabulary".</summary>
    public required string Name { get; init; }

    /// <summary>The host that is asked: "huggingface.co". It may send the reader on to hosts that hold the contents.</summary>
    public required string Host { get; init; }

    /// <summary>The commit of the hub's repository, 40 hexadecimal digits; null for what comes from elsewhere.</summary>
    public string? Commit { get; init; }

    /// <summary>Where it is put.</summary>
    public required string Folder { get; init; }

    /// <summary>The files that are fetched; those that are complete already are not among them.</summary>
    public required IReadOnlyList<DownloadFile> Files { get; init; }

    /// <summary>The bytes of all files.</summary>
    public long Bytes => Files.Sum(file => file.Bytes);

    /// <summary>The bytes of them that an earlier attempt has brought.</summary>
    public long BytesPresent => Files.Sum(file => file.BytesPresent);
}

/// <summary>One file of a download. Immutable.</summary>
/// <param name="Path">Its path within what was asked for, with slashes.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="BytesPresent">The bytes that an earlier attempt has brought; they are verified with the rest.</param>
/// <param name="Checksum">What its contents must hash to: "sha256:..." or "git:..." (SHA-1 of Git's form); null where nobody says.</param>
public sealed record DownloadFile(string Path, long Bytes, long BytesPresent, string? Checksum);

/// <summary>
/// One report of a download. The first comes before anything is fetched, with nothing completed; the last when all is verified
/// and in its place. Reports come one after another, on threads of the pool, at most ten a second.
/// </summary>
/// <param name="Plan">What is fetched.</param>
/// <param name="Completed">Bytes that have arrived in this run.</param>
/// <param name="Total">Bytes of this run: those of the plan less those present; more where contents were wrong and come again.</param>
/// <param name="BytesPerSecond">The rate of the last seconds; null before it is known.</param>
/// <param name="Remaining">An estimate of the time left; null before it is known.</param>
/// <param name="Note">What keeps it waiting: a pause that the hub asked for, another process that fetches the same; null for nothing.</param>
public readonly record struct DownloadProgress(DownloadPlan Plan, long Completed, long Total, double? BytesPerSecond, TimeSpan? Remaining, string? Note);

/// <summary>
/// Something could not be fetched: it is not there, not allowed, not what it should be, or the network failed for longer than
/// is worth waiting. What had arrived stays in the cache and is gone on from the next time; nothing unverified is used.
/// </summary>
public sealed class DownloadException : IOException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was asked for, and why it is not to be had.</param>
    /// <param name="innerException">What the network or the disk said; null for nothing.</param>
    public DownloadException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
