using System.Globalization;
using AceStep.Audio;
using AceStep.Generation;
using AceStep.Schedulers;

namespace AceStep.Planning;

/// <summary>A valid request with everything that can be known before any work: seeds, prompts, what its source must be.</summary>
internal sealed class GenerationPlan
{
    private GenerationPlan(MusicRequest request, long[] seeds, long[]? variationSeeds)
    {
        Request = request;
        Seeds = seeds;
        VariationSeeds = variationSeeds;
    }

    /// <summary>The request with every seed filled in.</summary>
    public MusicRequest Request { get; }

    /// <summary>The seed of each item's base noise.</summary>
    public long[] Seeds { get; }

    /// <summary>The seed of each item's second noise; null where the task draws none.</summary>
    public long[]? VariationSeeds { get; }

    /// <summary>Where the task starts from; null for none.</summary>
    public MusicSource? Source => Request switch
    {
        AudioToAudioRequest request => request.Source,
        ContinuationRequest request => request.Source,
        InpaintingRequest request => request.Source,
        StyleTransferRequest request => request.Source,
        AccompanimentRequest request => request.Vocals,
        _ => null,
    };

    /// <summary>The request's name for its source.</summary>
    public string SourceField => Request is AccompanimentRequest ? nameof(AccompanimentRequest.Vocals) : nameof(AudioToAudioRequest.Source);

    /// <summary>The prompts to encode: the request's, and for a style transfer the target's after it.</summary>
    public IReadOnlyList<string> Prompts => Request switch
    {
        StyleTransferRequest request => [request.Prompt, request.TargetPrompt.Length > 0 ? request.TargetPrompt : request.Prompt],
        AccompanimentRequest request => [AccompanimentPrompts.Join(request.Prompt, request.Style)],
        _ => [Request.Prompt],
    };

    /// <summary>Whether any evaluation may be guided.</summary>
    public bool IsGuided => Request switch
    {
        GuidedMusicRequest request => request.Guidance.IsActive,
        StyleTransferRequest request => Guider.IsOn(request.GuidanceScale),
        _ => false,
    };

    /// <summary>Whether the weakened prompt is read: with ERG for tags, and only where ERG for lyrics is on too.</summary>
    public bool NeedsNullText => Request is GuidedMusicRequest { Guidance: { IsActive: true, ErgTag: true, ErgLyric: true } };

    /// <summary>Plans a valid request.</summary>
    /// <remarks>
    /// A variation's seed is drawn independently even where the base seed is given: with one seed for both, as in the
    /// original, the two noises are the same and their mix has the wrong variance.
    /// </remarks>
    public static GenerationPlan Create(MusicRequest request)
    {
        int batch = request.Generation.BatchSize;
        long[] seeds = request.Seed.Resolve(batch);
        Seeds resolved = AceStep.Seeds.Create(seeds);
        return request switch
        {
            VariationRequest variation => With(variation.VariationSeed, chosen => variation with { Seed = resolved, VariationSeed = chosen }),
            ContinuationRequest continuation => With(continuation.VariationSeed, chosen => continuation with { Seed = resolved, VariationSeed = chosen }),
            InpaintingRequest inpainting => With(inpainting.VariationSeed, chosen => inpainting with { Seed = resolved, VariationSeed = chosen }),
            StyleTransferRequest transfer => With(transfer.VariationSeed, chosen => transfer with { Seed = resolved, VariationSeed = chosen }),
            _ => new GenerationPlan(request with { Seed = resolved }, seeds, null),
        };

        GenerationPlan With(Seeds asked, Func<Seeds, MusicRequest> fill)
        {
            long[] variationSeeds = asked.Resolve(batch);
            return new GenerationPlan(fill(AceStep.Seeds.Create(variationSeeds)), seeds, variationSeeds);
        }
    }

    /// <summary>Checks what can be known of the source once it is open.</summary>
    /// <param name="frames">Its latent frames.</param>
    /// <param name="hasAudio">Whether it is sound, not latents.</param>
    public void CheckSource(int frames, bool hasAudio)
    {
        if (frames > LatentFrames.Maximum + 1 && Request is not ContinuationRequest)
        {
            throw new InvalidRequestException(SourceField, $"must be at most 240 s long; it has {LatentFrames.ToTime(frames).TotalSeconds:0.#} s. Cut it into parts.");
        }

        bool needsAudio = Request is AccompanimentRequest { KeepVocals: true }
            or ContinuationRequest { SourceBlend: SourceBlend.Original }
            or InpaintingRequest { SourceBlend: SourceBlend.Original };
        if (needsAudio && !hasAudio)
        {
            throw new InvalidRequestException(SourceField, "must be audio for its own samples to be kept; it is latents.");
        }

        if (Request is InpaintingRequest inpainting && LatentFrames.FromTime(inpainting.End) > frames)
        {
            throw new InvalidRequestException(nameof(InpaintingRequest.End), $"must be at most the source's end, {LatentFrames.ToTime(frames).TotalSeconds:0.###} s; it is {inpainting.End.TotalSeconds:0.###} s.");
        }
    }

    /// <summary>The song as it is handed out: with the source's own samples where the request asks for them.</summary>
    public AudioBuffer Finish(AudioBuffer sound, AudioBuffer? source) => Request switch
    {
        AccompanimentRequest { KeepVocals: true } => SourceBlending.Mix(sound, source!),
        InpaintingRequest { SourceBlend: SourceBlend.Original } request =>
            SourceBlending.KeepOutside(sound, source!, LatentFrames.FromTime(request.Start), LatentFrames.FromTime(request.End)),
        ContinuationRequest { SourceBlend: SourceBlend.Original } request =>
            SourceBlending.KeepInside(sound, source!, LatentFrames.FromTime(request.Before), LatentFrames.FromTime(request.After)),
        _ => sound,
    };

    /// <summary>What an item's latents are saved with.</summary>
    public Dictionary<string, string> Describe(int item)
    {
        Dictionary<string, string> settings = new()
        {
            ["task"] = EnumNames.Of(Request.Task),
            ["prompt"] = Request.Prompt,
            ["lyrics"] = Request.Lyrics,
            ["seed"] = Text(Seeds[item]),
            ["steps"] = Text(Request.Generation.Steps),
            ["scheduler"] = EnumNames.Of(Request.Generation.Scheduler),
        };
        if (VariationSeeds is not null)
        {
            settings["variation_seed"] = Text(VariationSeeds[item]);
        }

        if (Request is GuidedMusicRequest guided)
        {
            settings["guidance"] = EnumNames.Of(guided.Guidance.Kind);
            settings["guidance_scale"] = Text(guided.Guidance.Scale);
        }

        return settings;
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
