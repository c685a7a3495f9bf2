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
