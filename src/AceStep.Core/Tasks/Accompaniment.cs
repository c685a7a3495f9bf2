using AceStep.Audio;
using AceStep.Generation;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>
/// Accompaniment for given vocals: <see cref="MusicPipeline.AccompanyAsync"/>. The released model has no network for
/// accompaniment: this is audio to audio from the vocals with the style's words joined to the prompt.
/// </summary>
[TaskNames(
    "Accompaniment for given vocals: audio to audio with the style's words; the released model has no network of its own for it.",
    Method = nameof(MusicPipeline.AccompanyAsync), Command = "accompany", Deployment = "vocal_accompaniment", Group = "Accompaniment")]
public sealed record AccompanimentRequest : GuidedMusicRequest
{
    /// <summary>The vocals.</summary>
    [SourceField("The vocals.")]
    public required MusicSource Vocals { get; init; }

    /// <summary>The style whose words are joined to the prompt. Default <see cref="AccompanimentStyle.Matching"/>.</summary>
    [RequestField("The style whose words are joined to the prompt.", Deployment = "accompaniment_style")]
    public AccompanimentStyle Style { get; init; } = AccompanimentStyle.Matching;

    /// <inheritdoc cref="AudioToAudioRequest.Strength" />
    [ShareField("How much is made anew: 0 (no change) to 1 (full generation).", Deployment = "audio2audio_strength")]
    public double Strength { get; init; } = 0.5;

    /// <summary>Whether the vocals' own samples are mixed back over the result. Default false. Needs vocals that are audio, not latents.</summary>
    [RequestField("Mix the vocals' own samples back over the result.", Deployment = "preserve_vocals")]
    public bool KeepVocals { get; init; }

    internal override MusicSource StartsFrom => Vocals;

    internal override bool KeepsSamples => KeepVocals;

    internal override IReadOnlyList<Words> Words => [new(JoinedPrompt, Lyrics, nameof(Lyrics))];

    /// <summary>The prompt with the style's words after it: "warm, jazz accompaniment".</summary>
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
