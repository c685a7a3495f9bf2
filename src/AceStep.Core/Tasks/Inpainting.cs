using AceStep.Audio;
using AceStep.Generation;
using AceStep.Schedulers;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>A span of given audio made anew: <see cref="MusicPipeline.InpaintAsync"/>.</summary>
[TaskNames("A span of given audio made anew.", Method = nameof(MusicPipeline.InpaintAsync), Command = "inpaint", Deployment = "inpainting", Original = "repaint", Group = "Inpainting")]
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

    /// <summary>Where the span starts. Default 0. Rounded down to whole latent frames.</summary>
    [RequestField("Where the span starts.", Minimum = 0, Deployment = "inpaint_start_time")]
    public TimeSpan Start { get; init; }

    /// <summary>Where the span ends, exclusive; after <see cref="Start"/> by at least one latent frame, at most the source's end. Rounded down to whole latent frames.</summary>
    [RequestField("Where the span ends, exclusive.", Minimum = 0, Deployment = "inpaint_end_time")]
    public required TimeSpan End { get; init; }

    /// <inheritdoc cref="VariationRequest.VariationSeed" />
    [VariationSeedField]
    public Seeds VariationSeed { get; init; } = Seeds.Random;

    /// <summary>How far the span may depart from the source: 0 (the source comes back unchanged) to 1. Default 0.2. The original's retake variance.</summary>
    [ShareField("How far the span may depart: 0 (the source) to 1; the original's retake variance.", Deployment = "variation_strength")]
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

    /// <summary>The span is made anew from mixed noise, and what is around it is held on the source's own path (the original's repaint).</summary>
    internal override Tensor Denoise(Denoiser denoiser)
    {
        int frames = denoiser.SourceFrames;
        Tensor baseNoise = denoiser.Noise.DrawBase(frames);
        Tensor mixed = Noise.Vary(baseNoise, denoiser.Noise.DrawVariation(frames), Strength);
        if (LastFrame - FirstFrame == frames && Strength > 0)
        {
            // Nothing is kept, so nothing is held: as in the original, this is a variation from noise.
            return denoiser.Run(this, mixed, NoiseLayout.Contiguous);
        }

        Tensor isNew = denoiser.Mark(frames, FirstFrame, LastFrame);
        StageProgress stage = denoiser.BeginHeld(this, Strength, passes: 1);
        return denoiser.RunHeld(this, Strength, denoiser.SourceOfEach, where(isNew, mixed, baseNoise), isNew, stage);
    }

    internal override AudioBuffer Finish(AudioBuffer sound, AudioBuffer? source) =>
        KeepsSamples ? SourceBlending.KeepOutside(sound, source!, FirstFrame, LastFrame) : sound;

    private int FirstFrame => LatentFrames.FromTime(Start);

    private int LastFrame => LatentFrames.FromTime(End);
}
