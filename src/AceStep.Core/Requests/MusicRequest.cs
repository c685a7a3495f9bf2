using AceStep.Audio;
using AceStep.Generation;
using AceStep.Models;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>The fields that all tasks share. Each task has a record that derives from this one. Immutable.</summary>
public abstract record MusicRequest
{
    private static readonly Refusal[] SharedRules =
    [
        new("heun-own-steps", "OwnSteps cannot be used with heun", "Heun's second-order steps need its own table.")
        {
            Breaks = request => request.Generation is { OwnSteps.Count: > 0, Scheduler: Schedulers.SchedulerKind.Heun } ? OwnSteps(request) : null,
        },
        new("own-steps-task", "OwnSteps are for text to music and variations", "The other tasks count their steps from a part of the whole schedule.")
        {
            Breaks = request => request.Generation.OwnSteps.Count > 0 && !request.ReadsOwnSteps ? OwnSteps(request) : null,
        },
        new("own-steps-order", "OwnSteps must each be greater than the one before", "They are picked in order from a schedule of as many steps as the largest.")
        {
            Breaks = request => request.Generation.OwnSteps.Zip(request.Generation.OwnSteps.Skip(1)).Any(pair => pair.Second <= pair.First) ? OwnSteps(request) : null,
        },
        new("seeds", "Seeds must not be more than the batch has items", "Each item of the batch has one seed.")
        {
            Breaks = request => request.Schema.Seeds
                .Select(field => (field.Name, Seeds: (Seeds)field.Read(request)))
                .Where(field => field.Seeds.Count > request.Generation.BatchSize)
                .Select(field => ((string, string)?)(field.Name, $"{field.Seeds} for a batch of {FieldText.Of(request.Generation.BatchSize)}"))
                .FirstOrDefault(),
        },
    ];

    private protected MusicRequest()
    {
    }

    /// <summary>Tags or a description of the music, usually separated by commas: "funk, 110 bpm, warm bass". May be empty. Only the first 256 tokens are read.</summary>
    [RequestField("Tags or a description of the music.", Deployment = "prompt", DeploymentDefault = "Electronic dance music, upbeat, energetic", Group = RequestFieldAttribute.Music)]
    public string Prompt { get; init; } = "";

    /// <summary>Lines of lyrics, with structure tags such as [verse] and [chorus] on lines of their own. Empty (the default): no lyrics.</summary>
    [RequestField("Lyrics, with structure tags such as [verse] and [chorus]; may be empty.", Deployment = "lyrics", Group = RequestFieldAttribute.Music)]
    public string Lyrics { get; init; } = "";

    /// <summary>
    /// The language of every line of the lyrics: en, de, fr, es, it, pt, pl, tr, ru, cs, nl, ar, zh, ja, hu, ko or hi. Null
    /// (the default): detected line by line, as in the original, which is sometimes wrong for short lines.
    /// </summary>
    [LyricLanguageField]
    public string? LyricLanguage { get; init; }

    /// <summary>Whether a mark such as [lang:ja] at the start of a line sets its language, in place of <see cref="LyricLanguage"/>. Default false: it is sung, as in the original.</summary>
    [RequestField("Let a mark such as [lang:ja] at the start of a line set the line's language; otherwise it is sung.", Option = "language-marks", Group = RequestFieldAttribute.Music)]
    public bool LyricLanguageMarks { get; init; }

    /// <summary>
    /// Whether lyrics copied from the web are tidied: names of sections become the model's tags, and time stamps, Markdown
    /// and unusual line breaks are removed; see <see cref="AceStep.Lyrics.LyricReading.Tidy"/>. Default false: all of it is
    /// sung, as in the original.
    /// </summary>
    [RequestField("Tidy lyrics copied from the web: turn names of sections into the model's tags, and remove time stamps and Markdown; otherwise they are sung.", Group = RequestFieldAttribute.Music)]
    public bool TidyLyrics { get; init; }

    /// <summary>The seed, or one for each song of the batch. Default: drawn at random and reported in the result.</summary>
    [RequestField("The seed of the random noise, or one for each song of the batch.", Minimum = 0, Deployment = "seed", Group = RequestFieldAttribute.Music)]
    public Seeds Seed { get; init; } = Seeds.Random;

    /// <summary>Steps, scheduler, batch and sample rate.</summary>
    [RequestSettings("Denoising")]
    public GenerationSettings Generation { get; init; } = new();

    /// <summary>The task of this request.</summary>
    internal MusicTask Task => Schema.Task;

    /// <summary>The fields of this request.</summary>
    internal RequestSchema Schema => RequestSchema.Of(this);

    // How a task behaves. Each task's record overrides only what differs, so that its file has everything about the task.

    /// <summary>Rules between fields. Checked after each field has been checked by itself.</summary>
    internal virtual IReadOnlyList<Refusal> Rules => SharedRules;

    /// <summary>Whether the task can compute a subset of the steps.</summary>
    internal virtual bool ReadsOwnSteps => false;

    /// <summary>The source; null if the task starts from noise alone.</summary>
    internal virtual MusicSource? StartsFrom => null;

    /// <summary>Whether the result contains the source's own samples, so that the source must be audio, not latents.</summary>
    internal virtual bool KeepsSamples => false;

    /// <summary>The prompts and lyrics to encode. The last ones describe the result.</summary>
    internal virtual IReadOnlyList<Words> Words => [new(Prompt, Lyrics, nameof(Lyrics))];

    /// <summary>Whether any evaluation of the model may be guided.</summary>
    internal abstract bool IsGuided { get; }

    /// <summary>Whether the guidance needs the weakened prompt.</summary>
    internal virtual bool ReadsWeakenedText => false;

    /// <summary>Whether the base noise is used, so that <see cref="Seed"/> has an effect.</summary>
    internal virtual bool UsesBaseNoise => true;

    /// <summary>The scales that may be the cause of a result that is not finite, with their names for messages.</summary>
    internal virtual IReadOnlyList<(string Name, double Value)> Scales => [("omega scale", Generation.OmegaScale)];

    /// <summary>Whether the request's scheduler computes the steps; false for plain Euler steps, whatever the scheduler.</summary>
    /// <param name="frames">The source's latent frames, or the song's where there is no source.</param>
    internal virtual bool UsesScheduler(int frames) => true;

    /// <summary>Checks the source's length, before the source is decoded.</summary>
    /// <param name="frames">The length in latent frames, rounded up.</param>
    /// <exception cref="InvalidRequestException">The task cannot take a source of this length.</exception>
    internal virtual void CheckSource(int frames)
    {
        if (frames > LatentFrames.Maximum + 1)
        {
            throw new InvalidRequestException(Schema.Source!.Name, $"must be at most 240 s long; it has {FieldText.Of(LatentFrames.ToTime(frames))}. Cut it into parts.");
        }
    }

    /// <summary>Encodes one of the task's <see cref="Words"/> for the denoising loop.</summary>
    internal abstract EncoderRows Encode(AceStepTransformer transformer, TextCondition text, LyricCondition lyrics);

    /// <summary>Computes the latents, [B, 8, 16, F], from noise and the source.</summary>
    internal abstract Tensor Denoise(Denoiser denoiser);

    /// <summary>Makes the song's final audio, with the source's own samples if the request asks for them.</summary>
    /// <param name="sound">The decoded latents.</param>
    /// <param name="source">The source's samples; null if it has none.</param>
    internal virtual AudioBuffer Finish(AudioBuffer sound, AudioBuffer? source) => sound;

    private static (string Field, string Value)? OwnSteps(MusicRequest request) => ("Generation.OwnSteps", FieldText.Of(request.Generation.OwnSteps));
}

/// <summary>A request of a task that uses all of <see cref="GuidanceSettings"/>.</summary>
public abstract record GuidedMusicRequest : MusicRequest
{
    private static readonly Refusal OneSidedScales = Refusal.Of<GuidedMusicRequest>(
        "one-sided-scales",
        "TextScale and LyricScale must both be above 1, or both be 0",
        "Double-condition guidance needs both; with one of them the original quietly ignores it.",
        request => request.Guidance is { IsDoubleCondition: false } guidance && (guidance.TextScale != 0 || guidance.LyricScale != 0)
            ? ("Guidance.TextScale", $"{FieldText.Of(guidance.TextScale)} with LyricScale {FieldText.Of(guidance.LyricScale)}") : null);

    private protected GuidedMusicRequest()
    {
    }

    /// <summary>Kind, scales and interval of the guidance, and the ERG switches.</summary>
    [RequestSettings("Guidance")]
    public GuidanceSettings Guidance { get; init; } = new();

    internal override IReadOnlyList<Refusal> Rules => [.. base.Rules, OneSidedScales];

    internal override bool IsGuided => Guidance.IsActive;

    internal override IReadOnlyList<(string Name, double Value)> Scales =>
    [
        ("guidance scale", Guidance.Scale), ("guidance scale of the text", Guidance.TextScale), ("guidance scale of the lyrics", Guidance.LyricScale), ("least guidance scale", Guidance.MinScale),
        .. base.Scales,
    ];

    // ERG for the prompt has no effect without ERG for the lyrics.
    internal override bool ReadsWeakenedText => Guidance is { IsActive: true, ErgTag: true, ErgLyric: true };

    internal override EncoderRows Encode(AceStepTransformer transformer, TextCondition text, LyricCondition lyrics) =>
        EncoderRows.WithGuidance(transformer, text, lyrics, Guidance);
}

/// <summary>A prompt and lyrics that are encoded together.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Lyrics">The lyrics.</param>
/// <param name="LyricsField">The name of the request's field with the lyrics.</param>
internal sealed record Words(string Prompt, string Lyrics, string LyricsField);

/// <summary>The tasks of <see cref="MusicPipeline"/>.</summary>
public enum MusicTask
{
    /// <summary>Music from a prompt and lyrics.</summary>
    [Request(typeof(TextToMusicRequest))]
    TextToMusic,

    /// <summary>Another take of a generated song (the original's retake).</summary>
    [Request(typeof(VariationRequest))]
    Variation,

    /// <summary>New music that starts from given audio.</summary>
    [Request(typeof(AudioToAudioRequest))]
    AudioToAudio,

    /// <summary>Music before or after given audio (the original's extend).</summary>
    [Request(typeof(ContinuationRequest))]
    Continuation,

    /// <summary>A span of given audio replaced by new music (the original's repaint).</summary>
    [Request(typeof(InpaintingRequest))]
    Inpainting,

    /// <summary>Given audio changed to another prompt or other lyrics (the original's edit).</summary>
    [Request(typeof(StyleTransferRequest))]
    StyleTransfer,

    /// <summary>Accompaniment for given vocals.</summary>
    [Request(typeof(AccompanimentRequest))]
    Accompaniment,
}

/// <summary>
/// A request breaks a rule. The message names the field, the rule and the value. Thrown before anything is computed.
/// </summary>
public sealed class InvalidRequestException : ArgumentException
{
    /// <summary>Creates the exception for a field that breaks a rule.</summary>
    /// <param name="field">The field's name in the request: "Guidance.Scale".</param>
    /// <param name="rule">The rule and the value that breaks it.</param>
    public InvalidRequestException(string field, string rule)
        : base($"{field}: {rule}")
    {
        Field = field;
        Rule = rule;
    }

    /// <summary>The field's name in the request.</summary>
    public string Field { get; }

    /// <summary>The rule and the value that breaks it.</summary>
    public string Rule { get; }
}
