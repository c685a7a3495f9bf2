using AceStep.Generation;
using AceStep.Schedulers;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>Music from a prompt and lyrics: <see cref="MusicPipeline.TextToMusicAsync"/>.</summary>
[TaskNames(
    "Music from a prompt and lyrics.",
    Method = nameof(MusicPipeline.TextToMusicAsync), Command = "generate", Deployment = "text2music", Original = "text2music", Group = "Length",
    Examples =
    [
        "--prompt \"techno, 128 bpm, drums, bass\" --output song.wav",
        "--prompt \"funk, warm bass\" --lyrics-file words.txt --duration 60 --steps 27 --seed 42 --output song.mp3",
        "--prompt \"ambient, pad, bells\" --batch 3 --seed 1,2,3 --output song.flac",
    ])]
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
