using AceStep.Audio;
using AceStep.Generation;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>
/// Accompaniment for given vocals: <see cref="MusicPipeline.AccompanyAsync"/>. The released model has no network for
/// accompaniment; this is audio to audio with the vocals as the source and the style added to the prompt.
/// </summary>
[TaskNames(
    "Accompaniment for given vocals: audio to audio with the style added to the prompt, since the released model has no network for accompaniment.",
    Method = nameof(MusicPipeline.AccompanyAsync), Command = "accompany", Deployment = "vocal_accompaniment", Group = "Accompaniment",
    Examples =
    [
        "--source vocals.wav --style jazz --prompt \"piano, double bass\" --keep-vocals --output band.wav",
    ])]
public sealed record AccompanimentRequest : GuidedMusicRequest
{
    /// <summary>The vocals.</summary>
    [SourceField("The vocals to accompany.")]
    public required MusicSource Vocals { get; init; }

    /// <summary>The style, which is added to the prompt. Default <see cref="AccompanimentStyle.Matching"/>.</summary>
    [RequestField("Style of the accompaniment, which is added to the prompt.", Deployment = "accompaniment_style")]
    public AccompanimentStyle Style { get; init; } = AccompanimentStyle.Matching;

    /// <inheritdoc cref="AudioToAudioRequest.Strength" />
    [ShareField("How much of the source is changed: 0 (nothing) to 1 (everything).", Deployment = "audio2audio_strength")]
    public double Strength { get; init; } = 0.5;

    /// <summary>Whether the given vocals are mixed with the result. Default false. Needs vocals that are audio, not latents.</summary>
    [RequestField("Mix the given vocals with the result.", Deployment = "preserve_vocals")]
    public bool KeepVocals { get; init; }

    internal override MusicSource StartsFrom => Vocals;

    internal override bool KeepsSamples => KeepVocals;

    internal override IReadOnlyList<Words> Words => [new(JoinedPrompt, Lyrics, nameof(Lyrics))];

    /// <summary>The prompt followed by the style: "warm, jazz accompaniment".</summary>
    internal string JoinedPrompt
    {
        get
        {
            string words = Style == AccompanimentStyle.Matching ? "instrumental accompaniment" : $"{EnumNames.Of(Style)} accompaniment";
            return string.IsNullOrWhiteSpace(Prompt) ? words : $"{Prompt}, {words}";
        }
    }

    internal override Tensor Denoise(Denoiser denoiser) => AudioToAudioRequest.Restart(denoiser, this, Strength);

    internal override AudioBuffer Finish(AudioBuffer sound, AudioBuffer? source) => KeepVocals ? SourceBlending.Mix(sound, source!) : sound;
}

/// <summary>Styles of <see cref="AccompanimentRequest"/>.</summary>
public enum AccompanimentStyle
{
    /// <summary>Whatever suits the vocals.</summary>
    Matching,

    /// <summary>Jazz.</summary>
    Jazz,

    /// <summary>Rock.</summary>
    Rock,

    /// <summary>Electronic.</summary>
    Electronic,

    /// <summary>Classical.</summary>
    Classical,

    /// <summary>Pop.</summary>
    Pop,

    /// <summary>Folk.</summary>
    Folk,
}
