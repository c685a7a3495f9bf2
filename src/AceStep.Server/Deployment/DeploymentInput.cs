using System.Text.Json;
using AceStep.Audio;
using AceStep.Schedulers;

namespace AceStep.Server.Deployment;

/// <summary>
/// The inputs of the model's deployment (its HTTP interface), with its names, defaults and ranges. Immutable.
/// <see cref="ToRequest"/> makes the library's request of them.
/// </summary>
/// <remarks>
/// <para>
/// The deployment's strengths count the change: <see cref="AudioToAudioStrength"/> 0.2 stays near the source, 0.9 leaves it behind.
/// The original's <c>ref_audio_strength</c> counts what is kept; 0.2 here is 0.8 there. <see cref="StyleStrength"/> 0.7 runs
/// the last 70 % of the steps towards the new style; the original's <c>edit_n_min</c> is the share that is skipped, 0.3.
/// </para>
/// <para>Fixed by the deployment: guidance interval 0.5, no decay, least guidance scale 3, one song.</para>
/// </remarks>
public sealed record DeploymentInput
{
    /// <summary>What to do. Default <see cref="MusicTask.TextToMusic"/>, which becomes a variation where <see cref="VariationStrength"/> is above 0.</summary>
    public MusicTask Task { get; init; } = MusicTask.TextToMusic;

    /// <summary>Tags or a description.</summary>
    public string Prompt { get; init; } = "Electronic dance music, upbeat, energetic";

    /// <summary>Lyrics with structure tags; empty (the default): none.</summary>
    public string Lyrics { get; init; } = "";

    /// <summary>Length of the song in seconds, 10 to 240. Default 30. Text to music only: the other tasks take their source's length.</summary>
    public double AudioDuration { get; init; } = 30;

    /// <summary>The source: a path, or an address that the caller of <see cref="ToRequest"/> knows how to open. Needed by every task but text to music.</summary>
    public string? InputAudio { get; init; }

    /// <summary>The source of audio to audio where <see cref="InputAudio"/> is not given. The model cannot take a voice from it: see <see cref="Notes"/>.</summary>
    public string? ReferenceAudio { get; init; }

    /// <summary>Where a continuation adds music. Default <see cref="ContinuationMode.ExtendEnd"/>.</summary>
    public ContinuationMode ContinuationMode { get; init; } = ContinuationMode.ExtendEnd;

    /// <summary>Where inpainting starts, in seconds, at least 0. Default 0.</summary>
    public double InpaintStartTime { get; init; }

    /// <summary>Where inpainting ends, in seconds; after <see cref="InpaintStartTime"/>.</summary>
    public double InpaintEndTime { get; init; }

    /// <summary>Seconds that a continuation adds, 5 to 120; half on each side for <see cref="ContinuationMode.ExtendBoth"/>. Default 30.</summary>
    public double ExtendDuration { get; init; } = 30;

    /// <summary>What a style transfer leads to; empty (the default): the prompt.</summary>
    public string StylePrompt { get; init; } = "";

    /// <summary>What a style transfer's result sings; empty (the default): the lyrics.</summary>
    public string StyleLyrics { get; init; } = "";

    /// <summary>How far a style transfer goes: 0 (keep the original) to 1 (full transfer). Default 0.7.</summary>
    public double StyleStrength { get; init; } = 0.7;

    /// <summary>How much audio to audio makes anew: 0 (no change) to 1 (full generation). Default 0.5.</summary>
    public double AudioToAudioStrength { get; init; } = 0.5;

    /// <summary>Whether an accompaniment has the vocals' own samples mixed back. Default false; without effect in other tasks.</summary>
    public bool PreserveVocals { get; init; }

    /// <summary>Asks for an accompaniment to <see cref="InputAudio"/>, as the task does. Default false.</summary>
    public bool GenerateAccompaniment { get; init; }

    /// <summary>The accompaniment's style. Default <see cref="AccompanimentStyle.Matching"/>.</summary>
    public AccompanimentStyle AccompanimentStyle { get; init; } = AccompanimentStyle.Matching;

    /// <summary>Denoising steps, 20 to 100. Default 60.</summary>
    public int InferSteps { get; init; } = 60;

    /// <summary>Guidance scale, 1 to 30. Default 15.</summary>
    public double GuidanceScale { get; init; } = 15;

    /// <summary>The scheduler. Default <see cref="SchedulerKind.Euler"/>.</summary>
    public SchedulerKind Scheduler { get; init; } = SchedulerKind.Euler;

    /// <summary>The rule of guidance. Default <see cref="GuidanceKind.Apg"/>.</summary>
    public GuidanceKind Guidance { get; init; } = GuidanceKind.Apg;

    /// <summary>Granularity scale, 1 to 20. Default 10.</summary>
    public double OmegaScale { get; init; } = 10;

    /// <summary>The seed; null (the default): drawn at random.</summary>
    public long? Seed { get; init; }

    /// <summary>The seed of the second noise; null (the default): drawn at random.</summary>
    public long? VariationSeed { get; init; }

    /// <summary>
    /// How far a variation departs: 0 (the default, none) to 1. An inpainting takes its departure from here too, where it is
    /// above 0; at 0 it uses <see cref="InpaintingRequest.Strength"/>'s default, since a span that must not change need not be asked for.
    /// </summary>
    public double VariationStrength { get; init; }

    /// <summary>Entropy-rectifying guidance for tags. Default true.</summary>
    public bool UseErgTag { get; init; } = true;

    /// <summary>Entropy-rectifying guidance for lyrics. Default true.</summary>
    public bool UseErgLyric { get; init; } = true;

    /// <summary>Entropy-rectifying guidance for diffusion. Default true.</summary>
    public bool UseErgDiffusion { get; init; } = true;

    /// <summary>Guidance scale of the text, 0 to 30; 0 (the default): the main scale. Both or neither of the two scales must be above 1.</summary>
    public double GuidanceScaleText { get; init; }

    /// <summary>Guidance scale of the lyrics, 0 to 30; 0 (the default): the main scale. Both or neither of the two scales must be above 1.</summary>
    public double GuidanceScaleLyric { get; init; }

    /// <summary>A LoRA, or "none" (the default). Loaded by the caller, who holds the pipeline.</summary>
    public string Lora { get; init; } = NoLora;

    /// <summary>The LoRA's weight, 0 to 2. Default 1.</summary>
    public double LoraWeight { get; init; } = 1;

    /// <summary>The format of the result: wav (the default), mp3 or ogg.</summary>
    public AudioFormat OutputFormat { get; init; } = AudioFormat.Wav;

    /// <summary>The sample rate of the result in Hz: 44100 or 48000 (the default).</summary>
    public int SampleRate { get; init; } = 48000;

    /// <summary>What <see cref="Lora"/> says when there is none.</summary>
    public const string NoLora = "none";

    /// <summary>The deployment's fields in its order: names, defaults, ranges. Known without loading anything.</summary>
    public static IReadOnlyList<DeploymentField> Fields => DeploymentFields.All;

    /// <summary>What was asked for and has no effect, in plain words. Often empty.</summary>
    public IReadOnlyList<string> Notes
    {
        get
        {
            List<string> notes = [];
            MusicTask task = ResolveTask();
            if (PreserveVocals && task != MusicTask.Accompaniment)
            {
                notes.Add("preserve_vocals has an effect in vocal_accompaniment only.");
            }

            if (ReferenceAudio is not null && (task != MusicTask.AudioToAudio || InputAudio is not null))
            {
                notes.Add("reference_audio has no effect: the model cannot take a voice or a style from a recording.");
            }

            if (task == MusicTask.Accompaniment)
            {
                notes.Add("The model has no network for accompaniment: this is audio to audio from the vocals, with the style's words.");
            }

            return notes;
        }
    }

    /// <summary>Reads inputs from a JSON object. Unknown fields are left alone, as the deployment does; null means the default.</summary>
    /// <exception cref="InvalidRequestException">A value is of the wrong type, unknown, or out of range; names the deployment's field.</exception>
    public static DeploymentInput Parse(JsonElement input)
    {
        DeploymentInput parsed = DeploymentReader.Read(input);
        parsed.Validate();
        return parsed;
    }

    /// <summary>The library's request for these inputs.</summary>
    /// <param name="open">Makes a source of <see cref="InputAudio"/>; without it, that is a path.</param>
    /// <exception cref="InvalidRequestException">A value is out of range, or the task's source is missing; names the deployment's field.</exception>
    public MusicRequest ToRequest(Func<string, MusicSource>? open = null)
    {
        Validate();
        MusicRequest request = CreateRequest(open ?? MusicSource.FromFile) with
        {
            Prompt = Prompt,
            Lyrics = Lyrics,
            Seed = ToSeeds(Seed),
            Generation = new GenerationSettings { Steps = InferSteps, Scheduler = Scheduler, OmegaScale = OmegaScale, SampleRate = SampleRate },
        };
        return request is GuidedMusicRequest guided ? guided with { Guidance = CreateGuidance() } : request;
    }

    private void Validate()
    {
        foreach (DeploymentField field in Fields)
        {
            field.Check(this);
        }

        if (GenerateAccompaniment && Task is not (MusicTask.TextToMusic or MusicTask.Accompaniment))
        {
            throw new InvalidRequestException("generate_accompaniment", "goes with the task vocal_accompaniment; choose one of the two.");
        }

        if ((GuidanceScaleText > 1) != (GuidanceScaleLyric > 1))
        {
            throw new InvalidRequestException("guidance_scale_text", $"must be above 1 together with guidance_scale_lyric, or both 0; they are {GuidanceScaleText} and {GuidanceScaleLyric}.");
        }
    }

    private MusicTask ResolveTask() => Task switch
    {
        MusicTask.TextToMusic when GenerateAccompaniment => MusicTask.Accompaniment,
        MusicTask.TextToMusic when VariationStrength > 0 => MusicTask.Variation,
        MusicTask.Continuation when ContinuationMode == ContinuationMode.InpaintMiddle => MusicTask.Inpainting,
        _ => Task,
    };

    private MusicRequest CreateRequest(Func<string, MusicSource> open)
    {
        MusicTask task = ResolveTask();
        return task switch
        {
            MusicTask.TextToMusic => new TextToMusicRequest { Duration = TimeSpan.FromSeconds(AudioDuration) },
            MusicTask.Variation => new VariationRequest
            {
                Duration = TimeSpan.FromSeconds(AudioDuration),
                VariationSeed = ToSeeds(VariationSeed),
                Strength = VariationStrength,
            },
            MusicTask.AudioToAudio => new AudioToAudioRequest { Source = open(RequireAudio(InputAudio ?? ReferenceAudio)), Strength = AudioToAudioStrength },
            MusicTask.Continuation => new ContinuationRequest
            {
                Source = open(RequireAudio(InputAudio)),
                Before = ContinuationMode switch
                {
                    ContinuationMode.ExtendStart => TimeSpan.FromSeconds(ExtendDuration),
                    ContinuationMode.ExtendBoth => TimeSpan.FromSeconds(ExtendDuration / 2),
                    _ => TimeSpan.Zero,
                },
                After = ContinuationMode switch
                {
                    ContinuationMode.ExtendEnd => TimeSpan.FromSeconds(ExtendDuration),
                    ContinuationMode.ExtendBoth => TimeSpan.FromSeconds(ExtendDuration / 2),
                    _ => TimeSpan.Zero,
                },
                VariationSeed = ToSeeds(VariationSeed),
            },
            MusicTask.Inpainting => CreateInpainting(open),
            MusicTask.StyleTransfer => new StyleTransferRequest
            {
                Source = open(RequireAudio(InputAudio)),
                TargetPrompt = StylePrompt,
                TargetLyrics = StyleLyrics,
                From = 1 - StyleStrength,
                GuidanceScale = GuidanceScale,
                VariationSeed = ToSeeds(VariationSeed),
            },
            MusicTask.Accompaniment => new AccompanimentRequest
            {
                Vocals = open(RequireAudio(InputAudio)),
                Style = AccompanimentStyle,
                Strength = AudioToAudioStrength,
                KeepVocals = PreserveVocals,
            },
            _ => throw new InvalidRequestException("task", $"is not a task; it is {task}."),
        };
    }

    private InpaintingRequest CreateInpainting(Func<string, MusicSource> open)
    {
        if (InpaintEndTime <= InpaintStartTime)
        {
            throw new InvalidRequestException("inpaint_end_time", $"must be after inpaint_start_time, {InpaintStartTime} s; it is {InpaintEndTime} s.");
        }

        InpaintingRequest request = new()
        {
            Source = open(RequireAudio(InputAudio)),
            Start = TimeSpan.FromSeconds(InpaintStartTime),
            End = TimeSpan.FromSeconds(InpaintEndTime),
            VariationSeed = ToSeeds(VariationSeed),
        };
        return VariationStrength > 0 ? request with { Strength = VariationStrength } : request;
    }

    private GuidanceSettings CreateGuidance() => new()
    {
        Kind = Guidance,
        Scale = GuidanceScale,
        TextScale = GuidanceScaleText,
        LyricScale = GuidanceScaleLyric,
        ErgTag = UseErgTag,
        ErgLyric = UseErgLyric,
        ErgDiffusion = UseErgDiffusion,
    };

    private string RequireAudio(string? audio) => string.IsNullOrEmpty(audio)
        ? throw new InvalidRequestException("input_audio", $"is needed by the task {MusicPipeline.Capabilities[ResolveTask()].DeploymentTask}.")
        : audio;

    private static Seeds ToSeeds(long? seed) => seed is { } given ? given : Seeds.Random;
}
