using System.Globalization;
using AceStep.Lyrics;
using AceStep.Schedulers;

namespace AceStep;

/// <summary>The rows of <see cref="MusicCapabilities"/>.</summary>
internal static class CapabilityTable
{
    /// <summary>Characters of a prompt or of lyrics: far more than the model reads, few enough to be read quickly.</summary>
    private const int MaximumCharacters = 1 << 20;

    /// <summary>Tokens of a song's lyrics: the model was trained on no more, and the lyric encoder's work grows with their square.</summary>
    public const int MaximumLyricTokens = 4096;

    private const int MaximumSteps = 10_000;
    private const int MaximumBatch = 64;

    public static MusicCapabilities Build() => new()
    {
        Tasks =
        [
            new(MusicTask.TextToMusic, nameof(MusicPipeline.TextToMusicAsync), "generate", "text2music", "text2music",
                "Music from a prompt and lyrics.",
                [.. Shared(), .. Guided(), Duration<TextToMusicRequest>(request => request.Duration)]),
            new(MusicTask.Variation, nameof(MusicPipeline.VaryAsync), "vary", "text2music", "retake",
                "Another take of a generated song.",
                [
                    .. Shared(), .. Guided(), Duration<VariationRequest>(request => request.Duration),
                    Share<VariationRequest>("Strength", request => request.Strength, 0.5, "How far the take departs: 0 (the same song) to 1.", "variation_strength"),
                    VariationSeed(),
                ]),
            new(MusicTask.AudioToAudio, nameof(MusicPipeline.AudioToAudioAsync), "audio2audio", "audio2audio", "audio2audio",
                "New music that starts from given audio.",
                [
                    .. Shared(), .. Guided(), Source("Source", "The audio to start from.", "input_audio"),
                    Share<AudioToAudioRequest>("Strength", request => request.Strength, 0.5, "How much is made anew: 0 (no change) to 1 (full generation); 1 minus the original's reference strength.", "audio2audio_strength"),
                ]),
            new(MusicTask.Continuation, nameof(MusicPipeline.ContinueAsync), "continue", "continuation", "extend",
                "Music before, after, or on both sides of given audio.",
                [
                    .. Shared(), .. Guided(), Source("Source", "The audio to continue.", "input_audio"),
                    Seconds<ContinuationRequest>("Before", request => request.Before, 0, LatentFrames.MaximumDuration.TotalSeconds, "0", "Length of the music to add before the source.", "extend_duration", 5, 120),
                    Seconds<ContinuationRequest>("After", request => request.After, 0, LatentFrames.MaximumDuration.TotalSeconds, "0", "Length of the music to add after the source.", "extend_duration", 5, 120),
                    Share<ContinuationRequest>("Strength", request => request.Strength, 1, "How much of the schedule is run; the original's retake variance.", null),
                    VariationSeed(), Blend(),
                ]),
            new(MusicTask.Inpainting, nameof(MusicPipeline.InpaintAsync), "inpaint", "inpainting", "repaint",
                "A span of given audio made anew.",
                [
                    .. Shared(), .. Guided(), Source("Source", "The audio to change.", "input_audio"),
                    Seconds<InpaintingRequest>("Start", request => request.Start, 0, null, "0", "Where the span starts.", "inpaint_start_time"),
                    Seconds<InpaintingRequest>("End", request => request.End, 0, null, "", "Where the span ends, exclusive.", "inpaint_end_time"),
                    Share<InpaintingRequest>("Strength", request => request.Strength, 0.2, "How far the span may depart: 0 (the source) to 1; the original's retake variance.", "variation_strength"),
                    VariationSeed(), Blend(),
                ]),
            new(MusicTask.StyleTransfer, nameof(MusicPipeline.TransferStyleAsync), "restyle", "style_transfer", "edit",
                "Given audio, led from one description to another.",
                [
                    .. Shared(), Source("Source", "The audio to change.", "input_audio"),
                    Text<StyleTransferRequest>("TargetPrompt", request => request.TargetPrompt, "What the result should be; empty: the source's prompt.", "style_prompt"),
                    Text<StyleTransferRequest>("TargetLyrics", request => request.TargetLyrics, "What the result should sing; empty: the source's lyrics.", "style_lyrics"),
                    Share<StyleTransferRequest>("From", request => request.From, 0, "The share of the steps that is skipped; the original's n_min, 1 minus the guide's style_strength.", "style_strength"),
                    Share<StyleTransferRequest>("To", request => request.To, 1, "The share of the steps after which the target is denoised by itself; the original's n_max.", null),
                    Integer<StyleTransferRequest>("Average", request => request.Average, 1, 1000, "1", "Noise draws averaged in each step; the original's n_avg.", null),
                    Number<StyleTransferRequest>("GuidanceScale", request => request.GuidanceScale, 0, null, "15", "Guidance scale (APG); 0 and 1 switch guidance off.", "guidance_scale", 1, 30),
                    VariationSeed(),
                ]),
            new(MusicTask.Accompaniment, nameof(MusicPipeline.AccompanyAsync), "accompany", "vocal_accompaniment", null,
                "Accompaniment for given vocals: audio to audio with the style's words; the released model has no network of its own for it.",
                [
                    .. Shared(), .. Guided(), Source("Vocals", "The vocals.", "input_audio"),
                    Choice<AccompanimentStyle>("Style", "matching", "The style whose words are joined to the prompt.", "accompaniment_style"),
                    Share<AccompanimentRequest>("Strength", request => request.Strength, 0.5, "How much is made anew: 0 (no change) to 1 (full generation).", "audio2audio_strength"),
                    Flag("KeepVocals", "false", "Mix the vocals' own samples back over the result.", "preserve_vocals"),
                ]),
        ],
        Languages = LyricTokenizer.SupportedLanguages,
        SampleRates = [44100, 48000],
        Durations = (LatentFrames.MinimumDuration, LatentFrames.MaximumDuration),
        Refusals = Refusals.All,
    };

    private static IEnumerable<FieldCapability> Shared() =>
    [
        Text<MusicRequest>("Prompt", request => request.Prompt, "Tags or a description.", "prompt"),
        Text<MusicRequest>("Lyrics", request => request.Lyrics, "Lyrics with structure tags; empty: none.", "lyrics"),
        new() { Name = "Seed", Description = "The seed, or one for each song of the batch.", Default = "random", IsInteger = true, Minimum = 0, GuideName = "seed" },
        Integer<MusicRequest>("Generation.Steps", request => request.Generation.Steps, 1, MaximumSteps, "60", "Denoising steps.", "infer_steps", 20, 100),
        Choice<SchedulerKind>("Generation.Scheduler", "euler", "The scheduler.", "scheduler_type"),
        Number<MusicRequest>("Generation.OmegaScale", request => request.Generation.OmegaScale, null, null, "10", "Granularity scale; unused by pingpong, inpainting, continuation and style transfer.", "omega_scale", 1, 20),
        new() { Name = "Generation.OwnSteps", Description = "Own step subset, 1-based: text to music and variations only, not with heun.", Default = "none", IsInteger = true, Minimum = 1, Maximum = MaximumSteps },
        Integer<MusicRequest>("Generation.BatchSize", request => request.Generation.BatchSize, 1, MaximumBatch, "1", "Songs generated at once.", null),
        new() { Name = "Generation.SampleRate", Description = "The songs' sample rate.", Default = "48000", Choices = ["44100", "48000"], Unit = "Hz", GuideName = "sample_rate" },
    ];

    private static IEnumerable<FieldCapability> Guided() =>
    [
        Choice<GuidanceKind>("Guidance.Kind", "apg", "The rule of guidance.", "cfg_type"),
        Number<GuidedMusicRequest>("Guidance.Scale", request => request.Guidance.Scale, 0, null, "15", "Guidance scale; 0 and 1 switch guidance off.", "guidance_scale", 1, 30),
        Number<GuidedMusicRequest>("Guidance.TextScale", request => request.Guidance.TextScale, 0, null, "0", "Guidance scale of the text, for double condition; 0: off.", "guidance_scale_text", 0, 30),
        Number<GuidedMusicRequest>("Guidance.LyricScale", request => request.Guidance.LyricScale, 0, null, "0", "Guidance scale of the lyrics, for double condition; 0: off.", "guidance_scale_lyric", 0, 30),
        Share<GuidedMusicRequest>("Guidance.Interval", request => request.Guidance.Interval, 0.5, "The share of the steps, around the middle, that is guided.", null),
        Share<GuidedMusicRequest>("Guidance.IntervalDecay", request => request.Guidance.IntervalDecay, 0, "How far the scale falls within the interval.", null),
        Number<GuidedMusicRequest>("Guidance.MinScale", request => request.Guidance.MinScale, 0, null, "3", "The scale that a full decay ends at.", null),
        Flag("Guidance.ErgTag", "true", "Entropy-rectifying guidance for tags; with ErgLyric only.", "use_erg_tag"),
        Flag("Guidance.ErgLyric", "true", "Entropy-rectifying guidance for lyrics.", "use_erg_lyric"),
        Flag("Guidance.ErgDiffusion", "true", "Entropy-rectifying guidance for diffusion.", "use_erg_diffusion"),
    ];

    private static FieldCapability Duration<T>(Func<T, TimeSpan> value)
        where T : MusicRequest =>
        Seconds("Duration", value, LatentFrames.MinimumDuration.TotalSeconds, LatentFrames.MaximumDuration.TotalSeconds, "30", "Length of the song.", "audio_duration", 10, 240);

    private static FieldCapability VariationSeed() =>
        new() { Name = "VariationSeed", Description = "The seed, or one for each song, of the second noise.", Default = "random", IsInteger = true, Minimum = 0, GuideName = "variation_seed" };

    private static FieldCapability Blend() => Choice<SourceBlend>("SourceBlend", "decoded", "What is heard where the source is kept.", null);

    private static FieldCapability Source(string name, string description, string guideName) =>
        new() { Name = name, Description = description, Default = "", GuideName = guideName };

    private static FieldCapability Flag(string name, string defaultValue, string description, string guideName) =>
        new() { Name = name, Description = description, Default = defaultValue, Choices = ["true", "false"], GuideName = guideName };

    private static FieldCapability Choice<TEnum>(string name, string defaultValue, string description, string? guideName)
        where TEnum : struct, Enum =>
        new() { Name = name, Description = description, Default = defaultValue, Choices = [.. Enum.GetValues<TEnum>().Select(value => EnumNames.Of(value))], GuideName = guideName };

    private static FieldCapability Text<T>(string name, Func<T, string> value, string description, string guideName)
        where T : MusicRequest =>
        new()
        {
            Name = name, Description = description, Default = "\"\"", Unit = "characters", IsInteger = true, Minimum = 0, Maximum = MaximumCharacters,
            GuideName = guideName, Number = request => value((T)request)?.Length ?? throw new InvalidRequestException(name, "must not be null."),
        };

    private static FieldCapability Share<T>(string name, Func<T, double> value, double defaultValue, string description, string? guideName)
        where T : MusicRequest =>
        Number(name, value, 0, 1, defaultValue.ToString(CultureInfo.InvariantCulture), description, guideName);

    private static FieldCapability Seconds<T>(
        string name, Func<T, TimeSpan> value, double? minimum, double? maximum, string defaultValue, string description,
        string? guideName, double? guideMinimum = null, double? guideMaximum = null)
        where T : MusicRequest =>
        Number<T>(name, request => value(request).TotalSeconds, minimum, maximum, defaultValue, description, guideName, guideMinimum, guideMaximum) with { Unit = "s" };

    private static FieldCapability Integer<T>(
        string name, Func<T, int> value, double? minimum, double? maximum, string defaultValue, string description,
        string? guideName, double? guideMinimum = null, double? guideMaximum = null)
        where T : MusicRequest =>
        Number<T>(name, request => value(request), minimum, maximum, defaultValue, description, guideName, guideMinimum, guideMaximum) with { IsInteger = true };

    private static FieldCapability Number<T>(
        string name, Func<T, double> value, double? minimum, double? maximum, string defaultValue, string description,
        string? guideName, double? guideMinimum = null, double? guideMaximum = null)
        where T : MusicRequest =>
        new()
        {
            Name = name, Description = description, Default = defaultValue, Minimum = minimum, Maximum = maximum,
            GuideName = guideName, GuideMinimum = guideMinimum, GuideMaximum = guideMaximum, Number = request => value((T)request),
        };
}
