using AceStep.Audio;
using AceStep.Generation;
using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>Music before, after, or on both sides of given audio: <see cref="MusicPipeline.ContinueAsync"/>.</summary>
[TaskNames(
    "Music before, after, or on both sides of given audio.",
    Method = nameof(MusicPipeline.ContinueAsync), Command = "continue", Deployment = "continuation", Original = "extend", Group = "Continuation",
    Examples =
    [
        "--source demo.wav --after 20 --prompt \"techno, 128 bpm\" --output longer.wav",
        "--source demo.wav --before 5 --after 5 --source-blend original --output framed.wav",
    ])]
public sealed record ContinuationRequest : GuidedMusicRequest
{
    private const string Extension = "Seconds that a continuation adds; half on each side for extend_both.";

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
    [RequestField(
        "Length of the music to add before the source.",
        Minimum = 0, Maximum = LatentFrames.LongestSeconds, Deployment = "extend_duration", DeploymentMinimum = 5, DeploymentMaximum = 120, DeploymentDefault = 30.0, DeploymentDescription = Extension)]
    public TimeSpan Before { get; init; }

    /// <summary>Length of the music to add after the source. Default 0. Rounded down to whole latent frames.</summary>
    [RequestField(
        "Length of the music to add after the source.",
        Minimum = 0, Maximum = LatentFrames.LongestSeconds, Deployment = "extend_duration", DeploymentMinimum = 5, DeploymentMaximum = 120, DeploymentDefault = 30.0, DeploymentDescription = Extension)]
    public TimeSpan After { get; init; }

    /// <inheritdoc cref="VariationRequest.VariationSeed" />
    [VariationSeedField]
    public Seeds VariationSeed { get; init; } = Seeds.Random;

    /// <summary>The share of the denoising schedule that is run for the added music: 0 (only silence is added) to 1 (all steps). Default 1. The original's retake variance.</summary>
    [ShareField("Share of the denoising schedule that is run for the added music; 0 adds only silence.")]
    public double Strength { get; init; } = 1;

    /// <summary>What is heard where the source is kept. Default <see cref="SourceBlend.Decoded"/>.</summary>
    [SourceBlendField]
    public SourceBlend SourceBlend { get; init; } = SourceBlend.Decoded;

    internal override IReadOnlyList<Refusal> Rules => [.. base.Rules, .. OwnRules];

    internal override MusicSource StartsFrom => Source;

    internal override bool KeepsSamples => SourceBlend == SourceBlend.Original;

    internal override bool UsesScheduler(int frames) => false;

    /// <summary>Accepts a source of any length: the part that does not fit into a pass is put back unchanged.</summary>
    internal override void CheckSource(int frames)
    {
    }

    /// <summary>
    /// If the whole song fits into one pass, both sides are added in it. Otherwise each side has a pass of its own, with
    /// only the part of the source next to it; the rest of the source is put back afterwards. (The original's extend loses
    /// the rest.)
    /// </summary>
    internal override Tensor Denoise(Denoiser denoiser)
    {
        int frames = denoiser.SourceFrames;
        int before = FramesBefore;
        int after = FramesAfter;
        Tensor baseNoise = denoiser.Noise.DrawBase(frames);

        // Noise of the source's length is drawn; the added parts use its first and last frames. If an added part is longer
        // than the source, where the original fails, noise of that length is drawn.
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

    /// <summary>One pass: pads the kept part with silence, and generates the padding while the kept part stays.</summary>
    private Tensor Extend(Denoiser denoiser, StageProgress stage, Tensor kept, Tensor keptNoise, Tensor? noiseBefore, Tensor? noiseAfter)
    {
        long context = kept.size(3);
        long before = noiseBefore?.size(3) ?? 0;
        long after = noiseAfter?.size(3) ?? 0;
        Tensor padded = nn.functional.pad(kept, [before, after]);
        Tensor[] parts = [.. new[] { noiseBefore, keptNoise, noiseAfter }.OfType<Tensor>()];
        return denoiser.RunHeld(this, Strength, padded, cat(parts, 3), [new(before, before + context)], stage);
    }

    private int FramesBefore => LatentFrames.FromTime(Before);

    private int FramesAfter => LatentFrames.FromTime(After);

    private (string Field, string Value)? Lengths => (nameof(After), $"{FieldText.Of(After)} with Before {FieldText.Of(Before)}");
}
