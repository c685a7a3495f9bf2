using System.Diagnostics.CodeAnalysis;

namespace AceStep;

/// <summary>
/// Declares a request's field. Together with the property's name, type and initialiser (the default) it is the whole
/// declaration: validation, <see cref="MusicPipeline.Capabilities"/>, the command line's options and help, and the HTTP
/// interface's inputs are made from it.
/// </summary>
/// <param name="description">What the field means, in one line.</param>
[AttributeUsage(AttributeTargets.Property)]
internal class RequestFieldAttribute(string description) : Attribute
{
    /// <summary>The group of the fields that all tasks share.</summary>
    public const string Music = "Music";

    /// <summary>The group of options for the songs' files.</summary>
    public const string Output = "Output";

    /// <summary>What the field means, in one line.</summary>
    public string Description => description;

    /// <summary>The least value; NaN without a bound. Times are in seconds. For lists and seeds it applies to each element.</summary>
    public double Minimum { get; init; } = double.NaN;

    /// <summary>The greatest value; NaN without a bound.</summary>
    public double Maximum { get; init; } = double.NaN;

    /// <summary>The unit, if the type does not imply it: "Hz".</summary>
    public string? Unit { get; init; }

    /// <summary>The allowed values of a whole number, if they are a fixed list.</summary>
    public int[] Values { get; init; } = [];

    /// <summary>The allowed values of a text, if they are a fixed list.</summary>
    public string[] Texts { get; init; } = [];

    /// <summary>The field's name in the model's deployment on Replicate; null if the deployment does not have it.</summary>
    public string? Deployment { get; init; }

    /// <summary>The deployment's least value, if it differs.</summary>
    public double DeploymentMinimum { get; init; } = double.NaN;

    /// <summary>The deployment's greatest value, if it differs.</summary>
    public double DeploymentMaximum { get; init; } = double.NaN;

    /// <summary>The deployment's default, if it differs; for a time, in seconds.</summary>
    public object? DeploymentDefault { get; init; }

    /// <summary>The deployment's description of the field, if it differs.</summary>
    public string? DeploymentDescription { get; init; }

    /// <summary>Whether the deployment's value is 1 minus the field's.</summary>
    public bool IsRestInDeployment { get; init; }

    /// <summary>The command line's option without its dashes. Default: the property's name with dashes between the words.</summary>
    public string? Option { get; init; }

    /// <summary>The group of the option in the help. Default: the group of the task or settings that contain the field.</summary>
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

/// <summary>Declares a task's names, on the type of its request.</summary>
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

    /// <summary>The arguments of a few example command lines, for the command's help.</summary>
    public string[] Examples { get; init; } = [];
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

/// <summary>The length of a song that has no source.</summary>
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
        : base(description) => (Deployment, DeploymentDescription, Option) = ("input_audio", "The source of every task but text2music.", "source");
}

/// <summary>The seed of the second noise.</summary>
internal sealed class VariationSeedFieldAttribute : RequestFieldAttribute
{
    public VariationSeedFieldAttribute()
        : base("The seed of the second noise, or one for each song of the batch.") => (Minimum, Deployment) = (0, "variation_seed");
}

/// <summary>A share of something: 0 to 1.</summary>
internal sealed class ShareFieldAttribute : RequestFieldAttribute
{
    public ShareFieldAttribute(string description)
        : base(description) => (Minimum, Maximum) = (0, 1);
}

/// <summary>Whether a kept source is decoded or its own samples are used.</summary>
internal sealed class SourceBlendFieldAttribute() : RequestFieldAttribute("What is heard where the source is kept: the source as the model decodes it, or its own samples.");

/// <summary>The language of lyrics.</summary>
internal sealed class LyricLanguageFieldAttribute : RequestFieldAttribute
{
    public LyricLanguageFieldAttribute()
        : base("The language of every line of the lyrics; if not given, it is detected line by line.") =>
        (Texts, Option, Group) = ([.. Lyrics.LyricTokenizer.SupportedLanguages], "language", Music);
}
