using AceStep.Generation;
using AceStep.Schedulers;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>New music that starts from given audio: <see cref="MusicPipeline.AudioToAudioAsync"/>.</summary>
[TaskNames("New music that starts from given audio.", Method = nameof(MusicPipeline.AudioToAudioAsync), Command = "audio2audio", Deployment = "audio2audio", Original = "audio2audio", Group = "Source")]
public sealed record AudioToAudioRequest : GuidedMusicRequest
{
    /// <summary>The audio to start from; its length is the song's.</summary>
    [SourceField("The audio to start from.")]
    public required MusicSource Source { get; init; }

    /// <summary>
    /// How much is made anew: 0 (the source's latents, decoded) to 1 (as from noise). Default 0.5. This is 1 minus the
    /// original's reference strength. The number of steps computed is int(strength * steps).
    /// </summary>
    [ShareField("How much is made anew: 0 (no change) to 1 (full generation); 1 minus the original's reference strength.", Deployment = "audio2audio_strength")]
    public double Strength { get; init; } = 0.5;

    internal override MusicSource StartsFrom => Source;

    internal override Tensor Denoise(Denoiser denoiser) => Restart(denoiser, this, Strength);

    /// <summary>The source with noise, from the middle of the schedule. The accompaniment does the same.</summary>
    internal static Tensor Restart(Denoiser denoiser, GuidedMusicRequest request, double strength)
    {
        // As the original has it: 1 minus a reference strength that is itself 1 minus ours, so that the float64 rounding,
        // which decides the number of steps, is the same (1 - (1 - 0.2) is a hair below 0.2).
        double sigmaMax = 1 - (1 - strength);
        int steps = (int)(sigmaMax * request.Generation.Steps);
        if (steps == 0)
        {
            // The original decodes half-mixed noise here.
            return denoiser.KeepSource();
        }

        Schedule schedule = Schedule.Create(request.Generation.Scheduler, steps, sigmaMax);
        Tensor latents = Noise.Mix(denoiser.SourceOfEach, denoiser.Noise.DrawBase(denoiser.SourceFrames), schedule.SigmaMax);
        return denoiser.Run(request, schedule, latents, Denoiser.SourceLayout);
    }
}
