using AceStep.Lyrics;

namespace AceStep;

/// <summary>
/// The model's tasks and their fields, known before any checkpoint is loaded. Requests are validated against it; help texts
/// and HTTP interfaces show it. Immutable.
/// </summary>
public sealed record MusicCapabilities
{
    /// <summary>The tasks, each with its fields.</summary>
    public required IReadOnlyList<TaskCapability> Tasks { get; init; }

    /// <summary>The languages that lyrics may be in, as ISO 639-1 codes.</summary>
    public required IReadOnlyList<string> Languages { get; init; }

    /// <summary>Combinations of values that are refused although each field is within its range, and why.</summary>
    public required IReadOnlyList<Refusal> Refusals { get; init; }

    /// <summary>The sample rates of results in Hz.</summary>
    public required IReadOnlyList<int> SampleRates { get; init; }

    /// <summary>The shortest and the longest song of one pass.</summary>
    public required (TimeSpan Shortest, TimeSpan Longest) Durations { get; init; }

    /// <summary>The capabilities as the request types declare them.</summary>
    internal static MusicCapabilities All { get; } = new()
    {
        Tasks = [.. RequestSchema.All.Select(schema => schema.Capability)],
        Languages = LyricTokenizer.SupportedLanguages,
        Refusals = [.. RequestSchema.All.SelectMany(schema => schema.Rules).DistinctBy(rule => rule.Id)],
        SampleRates = [.. RequestSchema.Of(MusicTask.TextToMusic)["Generation.SampleRate"].Choices.Select(choice => (int)choice.Value)],
        Durations = (LatentFrames.MinimumDuration, LatentFrames.MaximumDuration),
    };

    /// <summary>The row of a task.</summary>
    public TaskCapability this[MusicTask task] => Tasks.Single(row => row.Task == task);
}

/// <summary>A task: its name in each interface, and the fields that it reads. Immutable.</summary>
/// <param name="Task">The task.</param>
/// <param name="Method">The method of <see cref="MusicPipeline"/>.</param>
/// <param name="Command">The command of <c>acestep</c>.</param>
/// <param name="DeploymentTask">The task of the model's deployment on Replicate.</param>
/// <param name="OriginalTask">The original's task; null where it has none that works.</param>
/// <param name="Description">What it does, in one line.</param>
/// <param name="Fields">The fields that it reads.</param>
public sealed record TaskCapability(
    MusicTask Task,
    string Method,
    string Command,
    string DeploymentTask,
    string? OriginalTask,
    string Description,
    IReadOnlyList<FieldCapability> Fields);

/// <summary>One field of a request: what it means, what it may be, and what the model's deployment on Replicate calls it. Immutable.</summary>
public sealed record FieldCapability
{
    /// <summary>The field, as the request spells it: "Guidance.Scale".</summary>
    public required string Name { get; init; }

    /// <summary>What the field means, in one line.</summary>
    public required string Description { get; init; }

    /// <summary>The default, as text; "" for a field that must be given.</summary>
    public required string Default { get; init; }

    /// <summary>The least value allowed; null without a bound. Times are in seconds.</summary>
    public double? Minimum { get; init; }

    /// <summary>The greatest value allowed; null without a bound. Times are in seconds.</summary>
    public double? Maximum { get; init; }

    /// <summary>Whether the value must be a whole number.</summary>
    public bool IsInteger { get; init; }

    /// <summary>The unit: "s", "Hz", "characters"; null for a pure number.</summary>
    public string? Unit { get; init; }

    /// <summary>The allowed values, if they are a fixed list; otherwise empty.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>The deployment's name for the field; null if the deployment does not have it.</summary>
    public string? DeploymentName { get; init; }

    /// <summary>The deployment's least value; null if it is the same as <see cref="Minimum"/>.</summary>
    public double? DeploymentMinimum { get; init; }

    /// <summary>The deployment's greatest value; null if it is the same as <see cref="Maximum"/>.</summary>
    public double? DeploymentMaximum { get; init; }

    /// <summary>The rule in words: "1 to 100", "at least 1", "euler, heun or pingpong"; "" if there is none.</summary>
    public string Range => Choices.Count > 0
        ? FieldText.OneOf(Choices)
        : (Minimum, Maximum) switch
        {
            ({ } minimum, { } maximum) => $"{FieldText.Of(minimum)} to {FieldText.Of(maximum)}",
            ({ } minimum, null) => $"at least {FieldText.Of(minimum)}",
            (null, { } maximum) => $"at most {FieldText.Of(maximum)}",
            _ => "",
        };
}

/// <summary>A combination that is refused. Immutable.</summary>
/// <param name="Id">A short name.</param>
/// <param name="Rule">What is refused.</param>
/// <param name="Reason">Why.</param>
public sealed record Refusal(string Id, string Rule, string Reason)
{
    /// <summary>Returns the field that breaks the rule and its value; null if the request keeps the rule.</summary>
    internal Func<MusicRequest, (string Field, string Value)?> Breaks { get; init; } = static _ => null;

    /// <summary>A rule of one kind of request.</summary>
    internal static Refusal Of<TRequest>(string id, string rule, string reason, Func<TRequest, (string Field, string Value)?> breaks)
        where TRequest : MusicRequest =>
        new(id, rule, reason) { Breaks = request => breaks((TRequest)request) };

    /// <exception cref="InvalidRequestException">The request breaks the rule.</exception>
    internal void Check(MusicRequest request)
    {
        if (Breaks(request) is var (field, value))
        {
            throw new InvalidRequestException(field, $"{Rule}; it is {value}. {Reason}");
        }
    }
}
