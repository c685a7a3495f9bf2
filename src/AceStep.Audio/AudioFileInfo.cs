namespace AceStep.Audio;

/// <summary>What an audio file holds, known without decoding it.</summary>
public sealed record AudioFileInfo
{
    /// <summary>The format, as found in the content; the extension plays no part.</summary>
    public required AudioFormat Format { get; init; }

    /// <summary>How samples are stored, or null where the format is lossy.</summary>
    public SampleEncoding? Encoding { get; init; }

    /// <summary>Samples per second of each channel.</summary>
    public required int SampleRate { get; init; }

    /// <summary>The number of channels.</summary>
    public required int Channels { get; init; }

    /// <summary>Samples per channel, as the file says; a broken compressed file may decode to fewer.</summary>
    public required long Length { get; init; }

    /// <summary>The title and comment; empty where the file has none.</summary>
    public AudioTags Tags { get; init; } = new();

    /// <summary>How long the sound lasts.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds(Math.Min((double)Length / SampleRate, TimeSpan.MaxValue.TotalSeconds / 2));
}
