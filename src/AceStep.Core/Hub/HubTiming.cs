namespace AceStep.Hub;

/// <summary>How long is waited, how often tried again, how much done at once. Immutable.</summary>
internal sealed record HubTiming
{
    /// <summary>For an answer to begin.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For the next byte.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Before the first repetition; each further one waits about twice as long, with some chance in it.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Between repetitions, at most.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What a server may ask to wait; more is an error.</summary>
    public TimeSpan LongestRequestedPause { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Between looks at a lock that another process holds.</summary>
    public TimeSpan LockPause { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Repetitions without a step forward.</summary>
    public int Repetitions { get; init; } = 6;

    /// <summary>What counts as a step forward, where a connection breaks again and again.</summary>
    public long Step { get; init; } = 64 * 1024;

    /// <summary>Redirects from one request.</summary>
    public int Redirects { get; init; } = 8;

    /// <summary>Files that are fetched at once.</summary>
    public int FilesAtOnce { get; init; } = 4;

    /// <summary>The clock of the pauses.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The bytes that the disk of a folder has room for.</summary>
    public Func<string, long> FreeBytes { get; init; } = folder => new DriveInfo(folder).AvailableFreeSpace;
}
