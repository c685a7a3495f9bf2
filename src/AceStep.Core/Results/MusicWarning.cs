namespace AceStep;

/// <summary>Something that a user should know of a result: what was cut, changed or left out, or sounds other than it reads.</summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Message">One sentence in English.</param>
public sealed record MusicWarning(MusicWarningKind Kind, string Message)
{
    /// <summary>The message.</summary>
    public override string ToString() => Message;
}

/// <summary>What a <see cref="MusicWarning"/> is about.</summary>
public enum MusicWarningKind
{
    /// <summary>The source: what of its file was left out or is missing.</summary>
    Source,

    /// <summary>A prompt, of which the model reads the beginning only.</summary>
    Prompt,

    /// <summary>A line of the lyrics; <see cref="MusicResult.Lyrics"/> has it with its line.</summary>
    Lyrics,

    /// <summary>The seeds: songs of one batch that are equal.</summary>
    Seeds,

    /// <summary>A song that is silence.</summary>
    Silence,
}
