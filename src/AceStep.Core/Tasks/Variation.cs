using AceStep.Generation;
using AceStep.Schedulers;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>
/// Another take of the song that the same request without variation gives: <see cref="MusicPipeline.VaryAsync"/>.
/// </summary>
[TaskNames("Another take of a generated song.", Method = nameof(MusicPipeline.VaryAsync), Command = "vary", Deployment = "text2music", Original = "retake", Group = "Variation")]
public sealed record VariationRequest : GuidedMusicRequest
{
    /// <inheritdoc cref="TextToMusicRequest.Duration" />
    [DurationField]
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The seed, or one for each song, of the noise that is mixed in. Default: drawn at random and reported in the result.</summary>
    [VariationSeedField]
    public Seeds VariationSeed { get; init; } = Seeds.Random;

    /// <summary>How far the take departs: 0 (the same song) to 1 (as different as another seed). Default 0.5. The original's retake variance.</summary>
    [ShareField("How far the take departs: 0 (the same song) to 1.", Deployment = "variation_strength")]
    public double Strength { get; init; } = 0.5;

    internal override bool ReadsOwnSteps => true;

    /// <summary>Base noise turned towards the variation's noise, then as text to music.</summary>
    internal override Tensor Denoise(Denoiser denoiser)
    {
        int frames = LatentFrames.FromTime(Duration);
        Tensor noise = Noise.Vary(denoiser.Noise.DrawBase(frames), denoiser.Noise.DrawVariation(frames), Strength);
        return denoiser.Run(this, noise, NoiseLayout.Contiguous);
    }
}
