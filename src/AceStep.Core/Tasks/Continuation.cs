namespace AceStep;

/// <summary>Music before, after, or on both sides of given audio: <see cref="MusicPipeline.ContinueAsync"/>.</summary>
[TaskNames("Music before, after, or on both sides of given audio.", Method = nameof(MusicPipeline.ContinueAsync), Command = "continue", Deployment = "continuation", Original = "extend", Group = "Continuation")]
public sealed record ContinuationRequest : GuidedMusicRequest
{
    private static readonly Refusal[] OwnRules =
    [
        Refusal.Of<ContinuationRequest>(
            "continuation-empty",
            "Before and After must add at least one latent frame (93 ms)",
            "There is nothing to make.",
            request => request.FramesBefore + request.FramesAfter == 0 ? request.Lengths : null),
        Refusal.Of<ContinuationRequest>(
            "continuation-length",
            "Before and After must each leave room for a latent frame of the source in 240 s",
            "A pass makes 240 s at most, and a continuation needs something to continue.",
            request => Math.Max(request.FramesBefore, request.FramesAfter) >= LatentFrames.Maximum ? request.Lengths : null),
    ];

    /// <summary>The audio to continue.</summary>
    [SourceField("The audio to continue.")]
    public required MusicSource Source { get; init; }

    /// <summary>Length of the music to add before the source. Default 0. Rounded down to whole latent frames.</summary>
    [RequestField("Length of the music to add before the source.", Minimum = 0, Maximum = LatentFrames.LongestSeconds, Deployment = "extend_duration", DeploymentMinimum = 5, DeploymentMaximum = 120)]
    public TimeSpan Before { get; init; }

    /// <summary>Length of the music to add after the source. Default 0. Rounded down to whole latent frames.</summary>
    [RequestField("Length of the music to add after the source.", Minimum = 0, Maximum = LatentFrames.LongestSeconds, Deployment = "extend_duration", DeploymentMinimum = 5, DeploymentMaximum = 120)]
    public TimeSpan After { get; init; }

    /// <inheritdoc cref="VariationRequest.VariationSeed" />
    [VariationSeedField]
    public Seeds VariationSeed { get; init; } = Seeds.Random;

    /// <summary>How much of the schedule is run: 0 (nothing is added but silence) to 1 (all steps). Default 1. The original's retake variance.</summary>
    [ShareField("How much of the schedule is run; the original's retake variance.")]
    public double Strength { get; init; } = 1;

    /// <summary>What is heard where the source is kept. Default <see cref="SourceBlend.Decoded"/>.</summary>
    [SourceBlendField]
    public SourceBlend SourceBlend { get; init; } = SourceBlend.Decoded;

    internal override IReadOnlyList<Refusal> Rules => [.. base.Rules, .. OwnRules];

    private int FramesBefore => LatentFrames.FromTime(Before);

    private int FramesAfter => LatentFrames.FromTime(After);

    private (string Field, string Value)? Lengths => (nameof(After), $"{FieldText.Of(After)} with Before {FieldText.Of(Before)}");
}
