using System.Diagnostics.CodeAnalysis;

namespace AceStep;

/// <summary>
/// What the type of a request's property cannot say. With the property's name, type and initialiser (its default) it is the
/// whole declaration of a field: validation, <see cref="MusicPipeline.Capabilities"/>, the command line's options and help,
/// and the HTTP interface's inputs are read from it.
/// </summary>
/// <param name="description">What the field means, in one line.</param>
[AttributeUsage(AttributeTargets.Property)]
internal class RequestFieldAttribute(string description) : Attribute
{
    /// <summary>The group of what every task reads.</summary>
    public const string Music = "Music";

    /// <summary>The group of what the result's files are like.</summary>
    public const string Output = "Output";

    /// <summary>What the field means, in one line.</summary>
    public string Description => description;

    /// <summary>The least value; NaN without a bound. Times are in seconds, lists and seeds mean each of theirs.</summary>
    public double Minimum { get; init; } = double.NaN;

    /// <summary>The greatest value; NaN without a bound.</summary>
    public double Maximum { get; init; } = double.NaN;

    /// <summary>The unit, where the type does not say it: "Hz".</summary>
    public string? Unit { get; init; }

    /// <summary>The values allowed of a whole number, where they can be listed.</summary>
    public int[] Values { get; init; } = [];

    /// <summary>The values allowed of a text, where they can be listed.</summary>
    public string[] Texts { get; init; } = [];

    /// <summary>What the model's deployment on Replicate calls the field; null where it does not have it.</summary>
    public string? Deployment { get; init; }

    /// <summary>The deployment's least value, where it is another.</summary>
    public double DeploymentMinimum { get; init; } = double.NaN;

    /// <summary>The deployment's greatest value, where it is another.</summary>
    public double DeploymentMaximum { get; init; } = double.NaN;

    /// <summary>The command line's option without its dashes, where it is not the property's name with dashes between the words.</summary>
    public string? Option { get; init; }

    /// <summary>The group of the option in the help, where it is not that of the task or the settings which have the field.</summary>
    public string? Group { get; init; }
}

/// <summary>A request's property whose own properties are fields: "Generation.Steps".</summary>
/// <param name="group">The group of their options in the help.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class RequestSettingsAttribute(string group) : Attribute
{
    /// <summary>The group of their options in the help.</summary>
    public string Group => group;
}

/// <summary>What a task is called, on its request.</summary>
/// <param name="description">What it does, in one line.</param>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class TaskNamesAttribute(string description) : Attribute
{
    /// <summary>What it does, in one line.</summary>
    public string Description => description;

    /// <summary>The method of <see cref="MusicPipeline"/>.</summary>
    public required string Method { get; init; }

    /// <summary>The command of <c>acestep</c>.</summary>
    public required string Command { get; init; }

    /// <summary>The task of the model's deployment on Replicate.</summary>
    public required string Deployment { get; init; }

    /// <summary>The original's task; null where it has none that works.</summary>
    public string? Original { get; init; }

    /// <summary>The group of the task's own options in the help.</summary>
    public required string Group { get; init; }
}

/// <summary>The request of a task, on the task's name in <see cref="MusicTask"/>.</summary>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class RequestAttribute(
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties | DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] Type type) : Attribute
{
    /// <summary>The type of the request.</summary>
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties | DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)]
    public Type Type => type;
}

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
