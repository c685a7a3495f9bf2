using AceStep.Audio;
using AceStep.Generation;
using TorchSharp;
using static TorchSharp.torch;

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

    internal override MusicSource StartsFrom => Source;

    internal override bool KeepsSamples => SourceBlend == SourceBlend.Original;

    /// <summary>A source of any length: what a pass cannot hold is kept aside.</summary>
    internal override void CheckSource(int frames)
    {
    }

    /// <summary>
    /// Both sides in one pass where everything fits into it. Else the kept context is cut to the part next to what is made,
    /// one side at a time, and put back afterwards (the original's extend, which loses what it cuts).
    /// </summary>
    internal override Tensor Denoise(Denoiser denoiser)
    {
        int frames = denoiser.SourceFrames;
        int before = FramesBefore;
        int after = FramesAfter;
        Tensor baseNoise = denoiser.Noise.DrawBase(frames);

        // Noise is drawn at the source's length, and what is added takes its first and last frames. Where more is added than
        // the source has, on which the original fails, it is drawn at that length.
        int drawn = Math.Max(frames, Math.Max(before, after));
        Tensor variation = denoiser.Noise.DrawVariation(drawn);
        Tensor? noiseBefore = before > 0 ? variation.narrow(3, 0, before) : null;
        Tensor? noiseAfter = after > 0 ? variation.narrow(3, drawn - after, after) : null;
        if (before + frames + after <= LatentFrames.Maximum)
        {
            return Extend(denoiser, denoiser.BeginHeld(this, Strength, passes: 1), denoiser.SourceOfEach, baseNoise, noiseBefore, noiseAfter);
        }

        StageProgress stage = denoiser.BeginHeld(this, Strength, passes: before > 0 && after > 0 ? 2 : 1);
        Tensor result = denoiser.SourceOfEach;
        if (noiseBefore is not null)
        {
            int context = Math.Min(frames, LatentFrames.Maximum - before);
            Tensor extended = Extend(denoiser, stage, denoiser.SourceOfEach.narrow(3, 0, context), baseNoise.narrow(3, 0, context), noiseBefore, null);
            result = cat([extended.narrow(3, 0, before), result], 3);
        }

        if (noiseAfter is not null)
        {
            int context = Math.Min(frames, LatentFrames.Maximum - after);
            Tensor extended = Extend(denoiser, stage, denoiser.SourceOfEach.narrow(3, frames - context, context), baseNoise.narrow(3, frames - context, context), null, noiseAfter);
            result = cat([result, extended.narrow(3, context, after)], 3);
        }

        return result;
    }

    internal override AudioBuffer Finish(AudioBuffer sound, AudioBuffer? source) =>
        KeepsSamples ? SourceBlending.KeepInside(sound, source!, FramesBefore, FramesAfter) : sound;

    /// <summary>One pass: silence around what is kept, made anew while the rest is held on the source's own path.</summary>
    private Tensor Extend(Denoiser denoiser, StageProgress stage, Tensor kept, Tensor keptNoise, Tensor? noiseBefore, Tensor? noiseAfter)
    {
        long context = kept.size(3);
        long before = noiseBefore?.size(3) ?? 0;
        long after = noiseAfter?.size(3) ?? 0;
        Tensor padded = nn.functional.pad(kept, [before, after]);
        Tensor[] parts = [.. new[] { noiseBefore, keptNoise, noiseAfter }.OfType<Tensor>()];
        Tensor isNew = denoiser.Mark((int)(before + context + after), (int)before, (int)(before + context)).logical_not();
        return denoiser.RunHeld(this, Strength, padded, cat(parts, 3), isNew, stage);
    }

    private int FramesBefore => LatentFrames.FromTime(Before);

    private int FramesAfter => LatentFrames.FromTime(After);

    private (string Field, string Value)? Lengths => (nameof(After), $"{FieldText.Of(After)} with Before {FieldText.Of(Before)}");
}
