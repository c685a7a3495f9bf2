using AceStep.Generation;
using AceStep.Models;
using AceStep.Schedulers;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>
/// Given audio changed from one description to another (by FlowEdit): <see cref="MusicPipeline.TransferStyleAsync"/>. <see
/// cref="MusicRequest.Prompt"/> and <see cref="MusicRequest.Lyrics"/> describe the source.
/// </summary>
[TaskNames(
    "Given audio changed from one description to another.",
    Method = nameof(MusicPipeline.TransferStyleAsync), Command = "restyle", Deployment = "style_transfer", Original = "edit", Group = "Style transfer",
    Examples =
    [
        "--source demo.wav --prompt \"techno, 128 bpm\" --target-prompt \"ballad, piano\" --from 0.2 --output ballad.wav",
    ])]
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

    /// <summary>Tags or a description of the result. Empty (the default): the same as <see cref="MusicRequest.Prompt"/>.</summary>
    [RequestField("Tags or a description of the result; if empty, the prompt is used.", Deployment = "style_prompt")]
    public string TargetPrompt { get; init; } = "";

    /// <summary>The lyrics of the result. Empty (the default): the same as <see cref="MusicRequest.Lyrics"/>.</summary>
    [RequestField("Lyrics of the result; if empty, the source's lyrics are used.", Deployment = "style_lyrics")]
    public string TargetLyrics { get; init; } = "";

    /// <summary>The share of the steps that is skipped, 0 to 1: the larger, the closer the result stays to the source. Default 0. The original's n_min.</summary>
    [ShareField(
        "Share of the steps that is skipped: the larger, the closer the result stays to the source.",
        Deployment = "style_strength", DeploymentDefault = 0.7, DeploymentDescription = "How far the style transfer goes: 0 (keeps the original) to 1 (full transfer).", IsRestInDeployment = true)]
    public double From { get; init; }

    /// <summary>The share of the steps after which the result is generated from its own description alone, from <see cref="From"/> to 1. Default 1. The original's n_max.</summary>
    [ShareField("Share of the steps after which the result is generated from its own description alone.")]
    public double To { get; init; } = 1;

    /// <summary>The number of noise draws that are averaged in each step, at least 1. Default 1. The original's n_avg.</summary>
    [RequestField("Number of noise draws that are averaged in each step.", Minimum = 1, Maximum = 1000)]
    public int Average { get; init; } = 1;

    /// <summary>The seed of the noise, or one for each song. Default: drawn at random and reported in the result. This is the task's only noise; <see cref="MusicRequest.Seed"/> has no effect.</summary>
    [VariationSeedField]
    public Seeds VariationSeed { get; init; } = Seeds.Random;

    /// <summary>Guidance scale (APG) for the source's and the result's description, at least 0. Default 15; 0 and 1 switch guidance off.</summary>
    [RequestField("Guidance scale (APG): how strongly the descriptions guide the music. 0 and 1 switch guidance off.", Minimum = 0, Deployment = "guidance_scale", DeploymentMinimum = 1, DeploymentMaximum = 30)]
    public double GuidanceScale { get; init; } = 15;

    internal override IReadOnlyList<Refusal> Rules => [.. base.Rules, Window];

    internal override MusicSource StartsFrom => Source;

    internal override bool UsesBaseNoise => false;

    internal override IReadOnlyList<(string Name, double Value)> Scales => [("guidance scale", GuidanceScale), .. base.Scales];

    /// <summary>The source's prompt and lyrics, then the target's.</summary>
    internal override IReadOnlyList<Words> Words =>
    [
        new(Prompt, Lyrics, nameof(Lyrics)),
        new(TargetPrompt.Length > 0 ? TargetPrompt : Prompt, TargetLyrics.Length > 0 ? TargetLyrics : Lyrics, TargetLyrics.Length > 0 ? nameof(TargetLyrics) : nameof(Lyrics)),
    ];

    internal override bool IsGuided => Guider.IsOn(GuidanceScale);

    internal override EncoderRows Encode(AceStepTransformer transformer, TextCondition text, LyricCondition lyrics) =>
        EncoderRows.WithoutErg(transformer, text, lyrics, IsGuided);

    /// <summary>
    /// FlowEdit: up to <see cref="To"/>, the source moves by the difference between the target's velocity and its own. After
    /// that, the target is denoised without the source.
    /// </summary>
    internal override Tensor Denoise(Denoiser denoiser)
    {
        // Plain Euler steps over euler's timesteps, for heun too; with pingpong, its own steps after To.
        SchedulerKind kind = Generation.Scheduler == SchedulerKind.PingPong ? SchedulerKind.PingPong : SchedulerKind.Euler;
        Schedule schedule = Schedule.Create(kind, Generation.Steps);
        int first = (int)(schedule.Steps * From);
        int last = (int)(schedule.Steps * To);
        int frames = denoiser.SourceFrames;
        Tensor original = denoiser.SourceOfEach;

        // APG without ERG, in all steps.
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

        // The target's guidance has momentum only from here on, as in the original.
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
