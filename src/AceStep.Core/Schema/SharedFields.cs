namespace AceStep;

/// <summary>The length of a song that starts from nothing.</summary>
internal sealed class DurationFieldAttribute : RequestFieldAttribute
{
    public DurationFieldAttribute()
        : base("Length of the song.")
    {
        (Minimum, Maximum) = (LatentFrames.ShortestSeconds, LatentFrames.LongestSeconds);
        (Deployment, DeploymentMinimum, DeploymentMaximum) = ("audio_duration", 10, 240);
    }
}

/// <summary>The audio that a task starts from.</summary>
internal sealed class SourceFieldAttribute : RequestFieldAttribute
{
    public SourceFieldAttribute(string description)
        : base(description) => (Deployment, Option) = ("input_audio", "source");
}

/// <summary>The seed of the noise beside the base noise.</summary>
internal sealed class VariationSeedFieldAttribute : RequestFieldAttribute
{
    public VariationSeedFieldAttribute()
        : base("The seed, or one for each song, of the second noise.") => (Minimum, Deployment) = (0, "variation_seed");
}

/// <summary>A share of something: 0 to 1.</summary>
internal sealed class ShareFieldAttribute : RequestFieldAttribute
{
    public ShareFieldAttribute(string description)
        : base(description) => (Minimum, Maximum) = (0, 1);
}

/// <summary>What is heard where a source is kept.</summary>
internal sealed class SourceBlendFieldAttribute() : RequestFieldAttribute("What is heard where the source is kept.");

/// <summary>The language of lyrics.</summary>
internal sealed class LyricLanguageFieldAttribute : RequestFieldAttribute
{
    public LyricLanguageFieldAttribute()
        : base("The language of every line of the lyrics; not given: found line by line.") =>
        (Texts, Option, Group) = ([.. Lyrics.LyricTokenizer.SupportedLanguages], "language", Music);
}
