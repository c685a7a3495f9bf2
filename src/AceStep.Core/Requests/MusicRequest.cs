using AceStep.Audio;
using AceStep.Generation;
using AceStep.Models;
using static TorchSharp.torch;

namespace AceStep;

/// <summary>What every task reads. One record per task derives from it; all are immutable.</summary>
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

    /// <summary>Tags or a description, comma-separated as a rule: "funk, 110 bpm, warm bass". May be empty. The first 256 tokens count.</summary>
    [RequestField("Tags or a description.", Deployment = "prompt", Group = RequestFieldAttribute.Music)]
    public string Prompt { get; init; } = "";

    /// <summary>Lyrics as lines of text, with structure tags such as [verse] and [chorus] on lines of their own. Empty (the default): no lyrics.</summary>
    [RequestField("Lyrics with structure tags; empty: none.", Deployment = "lyrics", Group = RequestFieldAttribute.Music)]
    public string Lyrics { get; init; } = "";

    /// <summary>
    /// The language of every line of the lyrics: en, de, fr, es, it, pt, pl, tr, ru, cs, nl, ar, zh, ja, hu, ko or hi. Null
    /// (the default): found line by line, as the original does, which takes short lines for other languages at times.
    /// </summary>
    [LyricLanguageField]
    public string? LyricLanguage { get; init; }

    /// <summary>Whether [lang:ja] at the start of a line names its language, before <see cref="LyricLanguage"/>. Default false: it is sung, as by the original.</summary>
    [RequestField("Let [lang:ja] at the start of a line of the lyrics name its language; the original would sing it.", Option = "language-marks", Group = RequestFieldAttribute.Music)]
    public bool LyricLanguageMarks { get; init; }

    /// <summary>
    /// Whether lyrics from the web are tidied: known spellings of sections become the model's tags, time stamps, Markdown and
    /// other line breaks are taken out; see <see cref="AceStep.Lyrics.LyricReading.Tidy"/>. Default false: they are sung, as by the original.
    /// </summary>
    [RequestField("Turn known spellings of sections into the model's tags, and take time stamps and Markdown out of the lyrics; the original would sing them.", Group = RequestFieldAttribute.Music)]
    public bool TidyLyrics { get; init; }

    /// <summary>The seed, or one for each song of the batch. Default: drawn at random and reported in the result.</summary>
    [RequestField("The seed, or one for each song of the batch.", Minimum = 0, Deployment = "seed", Group = RequestFieldAttribute.Music)]
    public Seeds Seed { get; init; } = Seeds.Random;

    /// <summary>Steps, scheduler, batch and sample rate.</summary>
    [RequestSettings("Denoising")]
    public GenerationSettings Generation { get; init; } = new();

    /// <summary>The task of this request.</summary>
    internal MusicTask Task => Schema.Task;

    /// <summary>The fields of this request.</summary>
    internal RequestSchema Schema => RequestSchema.Of(this);

    // What a task is beside its fields: each request says only what is not so for it. Its file has all of it.

    /// <summary>What is refused although each field is within its range. Looked at after the fields.</summary>
    internal virtual IReadOnlyList<Refusal> Rules => SharedRules;

    /// <summary>Whether the task can compute a subset of the steps.</summary>
    internal virtual bool ReadsOwnSteps => false;

    /// <summary>What the task starts from; null where it starts from noise alone.</summary>
    internal virtual MusicSource? StartsFrom => null;

    /// <summary>Whether the source's own samples are heard in the result, so that it must be audio, not latents.</summary>
    internal virtual bool KeepsSamples => false;

    /// <summary>The words that are encoded; the last ones are what the result is to be.</summary>
    internal virtual IReadOnlyList<Words> Words => [new(Prompt, Lyrics, nameof(Lyrics))];

    /// <summary>Whether any evaluation of the model may be guided.</summary>
    internal abstract bool IsGuided { get; }

    /// <summary>Whether the guidance reads the weakened prompt.</summary>
    internal virtual bool ReadsWeakenedText => false;

    /// <summary>Checks the source's length, known before any of it is decoded.</summary>
    /// <param name="frames">The length in latent frames, rounded up.</param>
    /// <exception cref="InvalidRequestException">The task cannot take a source of this length.</exception>
    internal virtual void CheckSource(int frames)
    {
        if (frames > LatentFrames.Maximum + 1)
        {
            throw new InvalidRequestException(Schema.Source!.Name, $"must be at most 240 s long; it has {FieldText.Of(LatentFrames.ToTime(frames))}. Cut it into parts.");
        }
    }

    /// <summary>Encodes one of the task's <see cref="Words"/> into what the denoising loop reads.</summary>
    internal abstract EncoderRows Encode(AceStepTransformer transformer, TextCondition text, LyricCondition lyrics);

    /// <summary>From noise, and what the task starts from, to latents: [B, 8, 16, F].</summary>
    internal abstract Tensor Denoise(Denoiser denoiser);

    /// <summary>The song as it is handed out: with the source's own samples where the request asks for them.</summary>
    /// <param name="sound">The decoded latents.</param>
    /// <param name="source">The source's samples; null where there are none.</param>
    internal virtual AudioBuffer Finish(AudioBuffer sound, AudioBuffer? source) => sound;

    private static (string Field, string Value)? OwnSteps(MusicRequest request) => ("Generation.OwnSteps", FieldText.Of(request.Generation.OwnSteps));
}

/// <summary>A request whose task reads the whole of <see cref="GuidanceSettings"/>.</summary>
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

    // Only where ERG for lyrics is on too.
    internal override bool ReadsWeakenedText => Guidance is { IsActive: true, ErgTag: true, ErgLyric: true };

    internal override EncoderRows Encode(AceStepTransformer transformer, TextCondition text, LyricCondition lyrics) =>
        EncoderRows.WithGuidance(transformer, text, lyrics, Guidance);
}

/// <summary>A prompt and lyrics that are encoded together.</summary>
/// <param name="Prompt">The prompt.</param>
/// <param name="Lyrics">The lyrics.</param>
/// <param name="LyricsField">The request's field that has the lyrics.</param>
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

    /// <summary>A span of given audio made anew (the original's repaint).</summary>
    [Request(typeof(InpaintingRequest))]
    Inpainting,

    /// <summary>Given audio towards another prompt or other lyrics (the original's edit).</summary>
    [Request(typeof(StyleTransferRequest))]
    StyleTransfer,

    /// <summary>Accompaniment for given vocals.</summary>
    [Request(typeof(AccompanimentRequest))]
    Accompaniment,
}

/// <summary>
/// A request breaks a rule. The message names the field, the rule and the value; nothing has been computed.
/// </summary>
public sealed class InvalidRequestException : ArgumentException
{
    /// <summary>A rule broken by a field of the request.</summary>
    /// <param name="field">The field, as the request spells it: "Guidance.Scale".</param>
    /// <param name="rule">The rule, with the value that breaks it.</param>
    public InvalidRequestException(string field, string rule)
        : base($"{field}: {rule}")
    {
        Field = field;
        Rule = rule;
    }

    /// <summary>The field, as the request spells it.</summary>
    public string Field { get; }

    /// <summary>The rule, with the value that breaks it.</summary>
    public string Rule { get; }
}
