using AceStep.Audio;
using AceStep.Generation;
using AceStep.Models;
using AceStep.Schedulers;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>A span of given audio replaced by new music: <see cref="MusicPipeline.InpaintAsync"/>.</summary>
[TaskNames(
    "A span of given audio replaced by new music.",
    Method = nameof(MusicPipeline.InpaintAsync), Command = "inpaint", Deployment = "inpainting", Original = "repaint", Group = "Inpainting",
    Examples =
    [
        "--source demo.wav --start 4 --end 8 --prompt \"techno, bells\" --strength 0.6 --source-blend original --output fixed.wav",
    ])]
public sealed record InpaintingRequest : GuidedMusicRequest
{
    private static readonly Refusal Window = Refusal.Of<InpaintingRequest>(
        "inpainting-window",
        "End must be after Start by at least one latent frame (93 ms)",
        "There is nothing to make.",
        request => request.LastFrame <= request.FirstFrame ? (nameof(End), $"{FieldText.Of(request.End)} with Start {FieldText.Of(request.Start)}") : null);

    /// <summary>The audio to change.</summary>
    [SourceField("The audio to change.")]
    public required MusicSource Source { get; init; }

    /// <summary>The start of the span. Default 0. Rounded down to whole latent frames.</summary>
    [RequestField("Start of the span to replace.", Minimum = 0, Deployment = "inpaint_start_time")]
    public TimeSpan Start { get; init; }

    /// <summary>The end of the span, exclusive: at least one latent frame after <see cref="Start"/>, at most the source's end. Rounded down to whole latent frames.</summary>
    [RequestField("End of the span to replace.", Minimum = 0, Deployment = "inpaint_end_time", DeploymentDefault = 0.0)]
    public required TimeSpan End { get; init; }

    /// <inheritdoc cref="VariationRequest.VariationSeed" />
    [VariationSeedField]
    public Seeds VariationSeed { get; init; } = Seeds.Random;

    /// <summary>How far the span may differ from the source: 0 (not at all) to 1 (fully). Default 0.2. The original's retake variance.</summary>
    [ShareField("How far the span may differ from the source: 0 (not at all) to 1 (fully).", Deployment = "variation_strength", DeploymentDefault = 0.0)]
    public double Strength { get; init; } = 0.2;

    /// <inheritdoc cref="ContinuationRequest.SourceBlend" />
    [SourceBlendField]
    public SourceBlend SourceBlend { get; init; } = SourceBlend.Decoded;

    internal override IReadOnlyList<Refusal> Rules => [.. base.Rules, Window];

    internal override MusicSource StartsFrom => Source;

    internal override bool KeepsSamples => SourceBlend == SourceBlend.Original;

    internal override void CheckSource(int frames)
    {
        base.CheckSource(frames);
        if (LastFrame > frames)
        {
            throw new InvalidRequestException(nameof(End), $"must be at most the source's end, {FieldText.Of(LatentFrames.ToTime(frames))}; it is {FieldText.Of(End)}.");
        }
    }

    // As in the original, a span that is the whole source is a variation from noise: there is nothing to keep.
    internal override bool UsesScheduler(int frames) => LastFrame - FirstFrame == frames && Strength > 0;

    /// <summary>Generates the span from mixed noise while the rest of the source stays (the original's repaint).</summary>
    internal override Tensor Denoise(Denoiser denoiser)
    {
        int frames = denoiser.SourceFrames;
        Tensor baseNoise = denoiser.Noise.DrawBase(frames);
        Tensor mixed = Noise.Vary(baseNoise, denoiser.Noise.DrawVariation(frames), Strength);
        if (UsesScheduler(frames))
        {
            return denoiser.Run(this, mixed, NoiseLayout.Contiguous);
        }

        Denoiser.Put(mixed, baseNoise, new FrameRange(FirstFrame, LastFrame));
        StageProgress stage = denoiser.BeginHeld(this, Strength, passes: 1);
        return denoiser.RunHeld(this, Strength, denoiser.SourceOfEach, baseNoise, [new(0, FirstFrame), new(LastFrame, frames)], stage);
    }

    internal override AudioBuffer Finish(AudioBuffer sound, AudioBuffer? source) =>
        KeepsSamples ? SourceBlending.KeepOutside(sound, source!, FirstFrame, LastFrame) : sound;

    private int FirstFrame => LatentFrames.FromTime(Start);

    private int LastFrame => LatentFrames.FromTime(End);
}
