namespace AceStep;

/// <summary>What every task reads. One record per task derives from it; all are immutable.</summary>
public abstract record MusicRequest
{
    private static readonly Refusal[] SharedRules =
    [
        new("heun-own-steps", "OwnSteps cannot be used with heun", "Heun's second-order steps need its own table.")
        {
            Breaks = request => request.Generation is { OwnSteps.Count: > 0, Scheduler: Schedulers.SchedulerKind.Heun } ? OwnSteps(request) : null,
        },
        new("own-steps-task", "OwnSteps are for text to music and variations", "The other tasks count their steps from a part of the whole schedule.")
        {
            Breaks = request => request.Generation.OwnSteps.Count > 0 && !request.ReadsOwnSteps ? OwnSteps(request) : null,
        },
        new("own-steps-order", "OwnSteps must each be greater than the one before", "They are picked in order from a schedule of as many steps as the largest.")
        {
            Breaks = request => request.Generation.OwnSteps.Zip(request.Generation.OwnSteps.Skip(1)).Any(pair => pair.Second <= pair.First) ? OwnSteps(request) : null,
        },
        new("seeds", "Seeds must not be more than the batch has items", "Each item of the batch has one seed.")
        {
            Breaks = request => request.Schema.Seeds
                .Select(field => (field.Name, Seeds: (Seeds)field.Read(request)))
                .Where(field => field.Seeds.Count > request.Generation.BatchSize)
                .Select(field => ((string, string)?)(field.Name, $"{field.Seeds} for a batch of {FieldText.Of(request.Generation.BatchSize)}"))
                .FirstOrDefault(),
        },
    ];

    private protected MusicRequest()
    {
    }

    /// <summary>Tags or a description, comma-separated as a rule: "funk, 110 bpm, warm bass". May be empty. The first 256 tokens count.</summary>
    [RequestField("Tags or a description.", Deployment = "prompt", Group = RequestFieldAttribute.Music)]
    public string Prompt { get; init; } = "";

    /// <summary>Lyrics as lines of text, with structure tags such as [verse] and [chorus] on lines of their own. Empty (the default): no lyrics.</summary>
    [RequestField("Lyrics with structure tags; empty: none.", Deployment = "lyrics", Group = RequestFieldAttribute.Music)]
    public string Lyrics { get; init; } = "";

    /// <summary>The seed, or one for each song of the batch. Default: drawn at random and reported in the result.</summary>
    [RequestField("The seed, or one for each song of the batch.", Minimum = 0, Deployment = "seed", Group = RequestFieldAttribute.Music)]
    public Seeds Seed { get; init; } = Seeds.Random;

    /// <summary>Steps, scheduler, batch and sample rate.</summary>
    [RequestSettings("Denoising")]
    public GenerationSettings Generation { get; init; } = new();

    /// <summary>The task of this request.</summary>
    internal MusicTask Task => Schema.Task;

    /// <summary>The fields of this request.</summary>
    internal RequestSchema Schema => RequestSchema.Of(this);

    /// <summary>What is refused although each field is within its range. Looked at after the fields.</summary>
    internal virtual IReadOnlyList<Refusal> Rules => SharedRules;

    /// <summary>Whether the task can compute a subset of the steps.</summary>
    internal virtual bool ReadsOwnSteps => false;

    private static (string Field, string Value)? OwnSteps(MusicRequest request) => ("Generation.OwnSteps", FieldText.Of(request.Generation.OwnSteps));
}

/// <summary>A request whose task reads the whole of <see cref="GuidanceSettings"/>.</summary>
public abstract record GuidedMusicRequest : MusicRequest
{
    private static readonly Refusal OneSidedScales = Refusal.Of<GuidedMusicRequest>(
        "one-sided-scales",
        "TextScale and LyricScale must both be above 1, or both be 0",
        "Double-condition guidance needs both; with one of them the original quietly ignores it.",
        request => request.Guidance is { IsDoubleCondition: false } guidance && (guidance.TextScale != 0 || guidance.LyricScale != 0)
            ? ("Guidance.TextScale", $"{FieldText.Of(guidance.TextScale)} with LyricScale {FieldText.Of(guidance.LyricScale)}") : null);

    private protected GuidedMusicRequest()
    {
    }

    /// <summary>Kind, scales and interval of the guidance, and the ERG switches.</summary>
    [RequestSettings("Guidance")]
    public GuidanceSettings Guidance { get; init; } = new();

    internal override IReadOnlyList<Refusal> Rules => [.. base.Rules, OneSidedScales];
}
