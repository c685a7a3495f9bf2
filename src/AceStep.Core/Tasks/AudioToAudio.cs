using AceStep.Generation;
using AceStep.Schedulers;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>New music that starts from given audio: <see cref="MusicPipeline.AudioToAudioAsync"/>.</summary>
[TaskNames(
    "New music that starts from given audio.",
    Method = nameof(MusicPipeline.AudioToAudioAsync), Command = "audio2audio", Deployment = "audio2audio", Original = "audio2audio", Group = "Source",
    Examples =
    [
        "--source demo.wav --prompt \"piano, calm\" --strength 0.6 --output calm.wav",
    ])]
public sealed record AudioToAudioRequest : GuidedMusicRequest
{
    /// <summary>The audio to start from. The song has the same length.</summary>
    [SourceField("The audio to start from.")]
    public required MusicSource Source { get; init; }

    /// <summary>
    /// How much of the source is changed: 0 (nothing; its latents are only decoded) to 1 (everything; the song starts from
    /// noise). Default 0.5. This is 1 minus the original's reference strength. The number of steps computed is int(strength
    /// * steps).
    /// </summary>
    [ShareField("How much of the source is changed: 0 (nothing) to 1 (everything).", Deployment = "audio2audio_strength")]
    public double Strength { get; init; } = 0.5;

    internal override MusicSource StartsFrom => Source;

    internal override Tensor Denoise(Denoiser denoiser) => Restart(denoiser, this, Strength);

    /// <summary>Adds noise to the source, and starts in the middle of the schedule. Accompaniment uses it too.</summary>
    internal static Tensor Restart(Denoiser denoiser, GuidedMusicRequest request, double strength)
    {
        // The original computes 1 minus its reference strength, which is 1 minus ours. The rounding of both decides the
        // number of steps, so both are done here: 1 - (1 - 0.2) is a little less than 0.2.
        double sigmaMax = 1 - (1 - strength);
        int steps = (int)(sigmaMax * request.Generation.Steps);
        if (steps == 0)
        {
            // The original decodes the mix of source and noise here.
            return denoiser.KeepSource();
        }

        Schedule schedule = Schedule.Create(request.Generation.Scheduler, steps, sigmaMax);
        Tensor latents = Noise.Mix(denoiser.SourceOfEach, denoiser.Noise.DrawBase(denoiser.SourceFrames), schedule.SigmaMax);
        return denoiser.Run(request, schedule, latents, Denoiser.SourceLayout);
    }
}
