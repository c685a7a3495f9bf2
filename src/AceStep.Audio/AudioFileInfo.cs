namespace AceStep.Audio;

/// <summary>What an audio file holds, known without decoding it. Immutable.</summary>
public sealed record AudioFileInfo
{
    /// <summary>A damaged file may claim more than a <see cref="TimeSpan"/> holds.</summary>
    private const double LongestSeconds = 9e11;

    /// <summary>The format, as found in the content; the extension plays no part.</summary>
    public required AudioFormat Format { get; init; }

    /// <summary>How samples are stored, or null where they are compressed with loss.</summary>
    public SampleEncoding? Encoding { get; init; }

    /// <summary>Samples per second of each channel.</summary>
    public required int SampleRate { get; init; }

    /// <summary>The number of channels.</summary>
    public required int Channels { get; init; }

    /// <summary>
    /// Samples per channel, or null where the file does not say. Exact for uncompressed WAV; a damaged compressed file may
    /// decode to fewer.
    /// </summary>
    public long? Length { get; init; }

    /// <summary>The title and comment; empty where the file has none.</summary>
    public AudioTags Tags { get; init; } = new();

    /// <summary>How long the sound lasts, or null where the file does not say.</summary>
    public TimeSpan? Duration => Length is { } length ? TimeSpan.FromSeconds(Math.Min((double)length / SampleRate, LongestSeconds)) : null;
}

/// <summary>What a file says of itself: a title and a comment. Immutable.</summary>
public sealed record AudioTags
{
    /// <summary>The title, or null.</summary>
    public string? Title { get; init; }

    /// <summary>The comment, or null.</summary>
    public string? Comment { get; init; }
}

/// <summary>A decoded file with what it says of itself and what was left out of it. Immutable.</summary>
/// <param name="Audio">The sound.</param>
/// <param name="Info">What the file holds.</param>
/// <param name="Warnings">What was left out or is missing; empty where the sound is all that the file has.</param>
public sealed record LoadedAudio(AudioBuffer Audio, AudioFileInfo Info, IReadOnlyList<AudioWarning> Warnings);

/// <summary>Something that makes a decoded sound less than the file has, or less than it claims.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Message">One sentence in English that begins with the file's name.</param>
public sealed record AudioWarning(AudioWarningKind Kind, string Message)
{
    /// <summary>The message.</summary>
    public override string ToString() => Message;
}

/// <summary>What an <see cref="AudioWarning"/> is about.</summary>
public enum AudioWarningKind
{
    /// <summary>The last frame is not all there, and is dropped.</summary>
    PartialFrame,

    /// <summary>A file has less than it claims, or does not end as a whole one does.</summary>
    CutShort,

    /// <summary>Bytes among the sound are no sound and are passed over.</summary>
    BytesSkipped,
}
