using AceStep.Audio;
using AceStep.Lyrics;
using AceStep.Schedulers;

namespace AceStep;

/// <summary>
/// What can be asked of the model, known before any checkpoint is loaded. One table: requests are validated by it, and
/// help texts and the HTTP interface read it. Immutable.
/// </summary>
public sealed record MusicCapabilities
{
    /// <summary>The tasks, each with its fields.</summary>
    public required IReadOnlyList<TaskCapability> Tasks { get; init; }

    /// <summary>The languages that lyrics may be in, as ISO 639-1 codes.</summary>
    public required IReadOnlyList<string> Languages { get; init; }

    /// <summary>What is refused, whatever the fields' ranges, and why.</summary>
    public required IReadOnlyList<Refusal> Refusals { get; init; }

    /// <summary>The sample rates of results in Hz.</summary>
    public required IReadOnlyList<int> SampleRates { get; init; }

    /// <summary>The shortest and the longest song of one pass.</summary>
    public required (TimeSpan Shortest, TimeSpan Longest) Durations { get; init; }

    /// <summary>The table.</summary>
    internal static MusicCapabilities Table { get; } = CapabilityTable.Build();

    /// <summary>The row of a task.</summary>
    public TaskCapability this[MusicTask task] => Tasks.Single(row => row.Task == task);
}

/// <summary>A task: what it is called where, and the fields that it reads. Immutable.</summary>
/// <param name="Task">The task.</param>
/// <param name="Method">The method of <see cref="MusicPipeline"/>.</param>
/// <param name="Command">The command of <c>acestep</c>.</param>
/// <param name="GuideTask">The guide's task.</param>
/// <param name="OriginalTask">The original's task; null where it has none that works.</param>
/// <param name="Description">What it does, in one line.</param>
/// <param name="Fields">The fields that it reads.</param>
public sealed record TaskCapability(
    MusicTask Task,
    string Method,
    string Command,
    string GuideTask,
    string? OriginalTask,
    string Description,
    IReadOnlyList<FieldCapability> Fields);

/// <summary>A combination that is refused. Immutable.</summary>
/// <param name="Id">A short name.</param>
/// <param name="Rule">What is refused.</param>
/// <param name="Reason">Why.</param>
public sealed record Refusal(string Id, string Rule, string Reason)
{
    /// <summary>Where the request breaks the rule: the field and what is wrong with it; null where it does not.</summary>
    internal Func<MusicRequest, (string Field, string Value)?> Breaks { get; init; } = static _ => null;

    internal void Check(MusicRequest request)
    {
        if (Breaks(request) is var (field, value))
        {
            throw new InvalidRequestException(field, $"{Rule}; it is {value}. {Reason}");
        }
    }
}
