using AceStep.Generation;
using AceStep.Schedulers;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>
/// Another take of a song, of the one that <see cref="TextToMusicRequest"/> gives with the same fields: <see cref="MusicPipeline.VaryAsync"/>.
/// </summary>
[TaskNames(
    "Another take of a generated song.",
    Method = nameof(MusicPipeline.VaryAsync), Command = "vary", Deployment = "text2music", Original = "retake", Group = "Variation",
    Examples =
    [
        "--prompt \"techno, 128 bpm\" --seed 42 --variation-seed 7 --strength 0.2 --output take.wav",
    ])]
public sealed record VariationRequest : GuidedMusicRequest
{
    /// <inheritdoc cref="TextToMusicRequest.Duration" />
    [DurationField]
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The seed of the noise that is mixed in, or one for each song. Default: drawn at random and reported in the result.</summary>
    [VariationSeedField]
    public Seeds VariationSeed { get; init; } = Seeds.Random;

    /// <summary>How far the take differs: 0 (the same song) to 1 (as different as with another seed). Default 0.5. The original's retake variance.</summary>
    [ShareField("How far the result differs: 0 (not at all) to 1 (as with another seed).", Deployment = "variation_strength", DeploymentDefault = 0.0)]
    public double Strength { get; init; } = 0.5;

    internal override bool ReadsOwnSteps => true;

    /// <summary>As text to music, from base noise mixed with the variation's noise.</summary>
    internal override Tensor Denoise(Denoiser denoiser)
    {
        int frames = LatentFrames.FromTime(Duration);
        Tensor noise = Noise.Vary(denoiser.Noise.DrawBase(frames), denoiser.Noise.DrawVariation(frames), Strength);
        return denoiser.Run(this, noise, NoiseLayout.Contiguous);
    }
}
