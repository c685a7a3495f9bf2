using AceStep.Generation;
using AceStep.Models;
using AceStep.Schedulers;
using TorchSharp;
using static TorchSharp.torch;

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

    internal override MusicSource StartsFrom => Source;

    /// <summary>The source's words, and the target's.</summary>
    internal override IReadOnlyList<Words> Words =>
    [
        new(Prompt, Lyrics, nameof(Lyrics)),
        new(TargetPrompt.Length > 0 ? TargetPrompt : Prompt, TargetLyrics.Length > 0 ? TargetLyrics : Lyrics, TargetLyrics.Length > 0 ? nameof(TargetLyrics) : nameof(Lyrics)),
    ];

    internal override bool IsGuided => Guider.IsOn(GuidanceScale);

    internal override EncoderRows Encode(AceStepTransformer transformer, TextCondition text, LyricCondition lyrics) =>
        EncoderRows.WithoutErg(transformer, text, lyrics, IsGuided);

    /// <summary>
    /// FlowEdit: the source is moved by the difference between the target's velocity and its own, up to <see cref="To"/>;
    /// from there the target is denoised by itself.
    /// </summary>
    internal override Tensor Denoise(Denoiser denoiser)
    {
        // Plain Euler over euler's timesteps, with heun too; pingpong's own steps follow from To on.
        SchedulerKind kind = Generation.Scheduler == SchedulerKind.PingPong ? SchedulerKind.PingPong : SchedulerKind.Euler;
        Schedule schedule = Schedule.Create(kind, Generation.Steps);
        int first = (int)(schedule.Steps * From);
        int last = (int)(schedule.Steps * To);
        int frames = denoiser.SourceFrames;
        Tensor original = denoiser.SourceOfEach;

        // APG without ERG, on all steps.
        GuidanceSettings guidance = new() { Scale = GuidanceScale, Interval = 1 };
        using GuidedModel sourceModel = denoiser.CreateModel(denoiser.Conditions[0], guidance, schedule, frames);
        using GuidedModel targetModel = denoiser.CreateModel(denoiser.Conditions[1], guidance, schedule, frames);
        sourceModel.Momentum = new MomentumBuffer();
        using Stepper stepper = Stepper.Create(schedule, omega: 0, denoiser.Noise.Variation[0], Denoiser.SourceLayout);
        StageProgress stage = denoiser.Begin(
        [
            .. Enumerable.Range(0, schedule.Evaluations).Skip(first)
                .Select(evaluation => (double)targetModel.Passes(evaluation) * (evaluation < last ? 2 * Average : 1)),
        ]);

        Tensor edit = original.clone();
        for (int evaluation = first; evaluation < last; evaluation++)
        {
            float level = schedule.NoiseLevel(evaluation);
            edit = Denoiser.Evaluate(edit, stage, sample =>
            {
                Tensor difference = zeros_like(sample);
                for (int draw = 0; draw < Average; draw++)
                {
                    Tensor onSource = Noise.Mix(original, denoiser.Noise.DrawVariation(frames), level);
                    Tensor onTarget = sample.Plus(onSource) - original;
                    Tensor sourceVelocity = sourceModel.Predict(evaluation, onSource);
                    Tensor targetVelocity = targetModel.Predict(evaluation, onTarget);
                    difference.AddInPlace(targetVelocity.sub_(sourceVelocity), 1.0 / Average);
                }

                return EulerStep.Apply(sample, difference, level, schedule.NoiseLevel(evaluation + 1));
            });
        }

        if (last >= schedule.Evaluations)
        {
            return edit;
        }

        // From here on the target has a momentum of its own; the first phase has none, as in the original.
        targetModel.Momentum = new MomentumBuffer();
        Tensor start = Noise.Mix(original, denoiser.Noise.DrawVariation(frames), schedule.NoiseLevel(last));
        Tensor target = edit.Plus(start) - original;
        for (int evaluation = last; evaluation < schedule.Evaluations; evaluation++)
        {
            target = Denoiser.Evaluate(target, stage, sample =>
            {
                Tensor velocity = targetModel.Predict(evaluation, sample);
                return kind == SchedulerKind.PingPong
                    ? stepper.Step(evaluation, sample, velocity)
                    : EulerStep.Apply(sample, velocity, schedule.NoiseLevel(evaluation), schedule.NoiseLevel(evaluation + 1));
            });
        }

        return target;
    }
}
