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
}
