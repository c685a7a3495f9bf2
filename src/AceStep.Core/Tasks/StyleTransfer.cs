namespace AceStep;

/// <summary>
/// Given audio, led from one description to another (FlowEdit): <see cref="MusicPipeline.TransferStyleAsync"/>.
/// <see cref="MusicRequest.Prompt"/> and <see cref="MusicRequest.Lyrics"/> describe the source.
/// </summary>
[TaskNames("Given audio, led from one description to another.", Method = nameof(MusicPipeline.TransferStyleAsync), Command = "restyle", Deployment = "style_transfer", Original = "edit", Group = "Style transfer")]
public sealed record StyleTransferRequest : MusicRequest
{
    private static readonly Refusal Window = Refusal.Of<StyleTransferRequest>(
        "style-transfer-window",
        "To must not be less than From",
        "The window of steps would be reversed.",
        request => request.To < request.From ? (nameof(To), $"{FieldText.Of(request.To)} with From {FieldText.Of(request.From)}") : null);

    /// <summary>The audio to change.</summary>
    [SourceField("The audio to change.")]
    public required MusicSource Source { get; init; }

    /// <summary>What the result should be. Empty (the default): the source's prompt.</summary>
    [RequestField("What the result should be; empty: the source's prompt.", Deployment = "style_prompt")]
    public string TargetPrompt { get; init; } = "";

    /// <summary>What the result should sing. Empty (the default): the source's lyrics.</summary>
    [RequestField("What the result should sing; empty: the source's lyrics.", Deployment = "style_lyrics")]
    public string TargetLyrics { get; init; } = "";

    /// <summary>The share of the steps that is skipped, 0 to 1: the larger, the nearer to the source. Default 0. The original's n_min.</summary>
    [ShareField("The share of the steps that is skipped; the original's n_min, 1 minus the guide's style_strength.", Deployment = "style_strength")]
    public double From { get; init; }

    /// <summary>The share of the steps after which the target is denoised by itself, from <see cref="From"/> to 1. Default 1. The original's n_max.</summary>
    [ShareField("The share of the steps after which the target is denoised by itself; the original's n_max.")]
    public double To { get; init; } = 1;

    /// <summary>Noise draws averaged in each step, at least 1. Default 1. The original's n_avg.</summary>
    [RequestField("Noise draws averaged in each step; the original's n_avg.", Minimum = 1, Maximum = 1000)]
    public int Average { get; init; } = 1;

    /// <summary>The seed, or one for each song, of the noise. Default: drawn at random and reported in the result. The only noise of this task: <see cref="MusicRequest.Seed"/> has no effect.</summary>
    [VariationSeedField]
    public Seeds VariationSeed { get; init; } = Seeds.Random;

    /// <summary>Guidance scale (APG) of source and target, at least 0. Default 15; 0 and 1 switch guidance off.</summary>
    [RequestField("Guidance scale (APG); 0 and 1 switch guidance off.", Minimum = 0, Deployment = "guidance_scale", DeploymentMinimum = 1, DeploymentMaximum = 30)]
    public double GuidanceScale { get; init; } = 15;

    internal override IReadOnlyList<Refusal> Rules => [.. base.Rules, Window];
}
