namespace AceStep;

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
