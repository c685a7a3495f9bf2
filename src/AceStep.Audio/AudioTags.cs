namespace AceStep.Audio;

/// <summary>What a file says of itself: a title and a comment. Immutable.</summary>
public sealed record AudioTags
{
    /// <summary>The title, or null.</summary>
    public string? Title { get; init; }

    /// <summary>The comment, or null.</summary>
    public string? Comment { get; init; }
}
