namespace AceStep.Audio;

/// <summary>What an audio file holds, known without decoding it.</summary>
public sealed record AudioFileInfo
{
    /// <summary>A damaged file may claim more than a <see cref="TimeSpan"/> holds.</summary>
    private const double LongestSeconds = 9e11;

    /// <summary>The format, as found in the content; the extension plays no part.</summary>
    public required AudioFormat Format { get; init; }

    /// <summary>How samples are stored, or null where the format is lossy.</summary>
    public SampleEncoding? Encoding { get; init; }

    /// <summary>Samples per second of each channel.</summary>
    public required int SampleRate { get; init; }

    /// <summary>The number of channels.</summary>
    public required int Channels { get; init; }

    /// <summary>
    /// Samples per channel, or null where the file does not say. Exact for WAV; a damaged compressed file may
    /// decode to fewer.
    /// </summary>
    public long? Length { get; init; }

    /// <summary>The title and comment; empty where the file has none.</summary>
    public AudioTags Tags { get; init; } = new();

    /// <summary>How long the sound lasts, or null where the file does not say.</summary>
    public TimeSpan? Duration => Length is { } length ? TimeSpan.FromSeconds(Math.Min((double)length / SampleRate, LongestSeconds)) : null;
}
