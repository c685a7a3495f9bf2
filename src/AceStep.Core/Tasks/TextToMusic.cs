using AceStep.Generation;
using AceStep.Schedulers;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>Music from a prompt and lyrics: <see cref="MusicPipeline.TextToMusicAsync"/>.</summary>
[TaskNames("Music from a prompt and lyrics.", Method = nameof(MusicPipeline.TextToMusicAsync), Command = "generate", Deployment = "text2music", Original = "text2music", Group = "Length")]
public sealed record TextToMusicRequest : GuidedMusicRequest
{
    /// <summary>Length of the song: at least one latent frame (93 ms), at most 240 s. Default 30 s. Rounded down to whole latent frames.</summary>
    [DurationField]
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);

    internal override bool ReadsOwnSteps => true;

    /// <summary>Denoises base noise over the whole schedule.</summary>
    internal override Tensor Denoise(Denoiser denoiser) =>
        denoiser.Run(this, denoiser.Noise.DrawBase(LatentFrames.FromTime(Duration)), NoiseLayout.Contiguous);
}
