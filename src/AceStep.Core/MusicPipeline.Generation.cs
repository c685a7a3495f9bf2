using System.Diagnostics;
using AceStep.Audio;
using AceStep.Generation;
using AceStep.Lyrics;
using AceStep.Models;
using AceStep.Planning;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep;

public sealed partial class MusicPipeline
{
    /// <summary>Tokens of a song's lyrics: the model was trained on no more, and the lyric encoder's work grows with their square.</summary>
    private const int MaximumLyricTokens = 4096;

    /// <summary>The data's way: request, source, conditions, latents, sound. Synchronous, on one thread, under inference mode.</summary>
    private MusicResult Generate(MusicRequest request, IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using IDisposable? downloads = _options.LyricDownloads?.Under(cancellationToken);
        GenerationPlan plan = GenerationPlan.Create(request);
        StageClock clock = new();

        SourceMaterial? source = plan.Source is null ? null : ReadSource(plan, progress, cancellationToken);
        TimeSpan sourceTime = clock.Lap();

        LyricEncoding lyrics = EncodeLyrics(request.Lyrics);
        LyricEncoding targetLyrics = request is StyleTransferRequest { TargetLyrics.Length: > 0 } transfer ? EncodeLyrics(transfer.TargetLyrics) : lyrics;
        Composition composition = Compose(plan, lyrics, targetLyrics, source, clock, progress, cancellationToken);

        AudioBuffer[] sounds = Decode(composition.Latents, plan.Request.Generation.SampleRate, progress, cancellationToken);
        Song[] songs =
        [
            .. sounds.Select((sound, item) => new Song
            {
                Audio = plan.Finish(sound, source?.Audio),
                Latents = composition.Kept[item],
                Seed = plan.Seeds[item],
                VariationSeed = plan.VariationSeeds?[item],
            }),
        ];
        return new MusicResult
        {
            Songs = songs,
            Request = plan.Request,
            Lyrics = targetLyrics.Lines,
            Timings = new MusicTimings(sourceTime, composition.ConditioningTime, composition.DenoisingTime, clock.Lap()),
        };
    }

    /// <summary>From words to latents. The transformer has gone its way when this returns: its room is the codec's.</summary>
    private Composition Compose(
        GenerationPlan plan,
        LyricEncoding lyrics,
        LyricEncoding targetLyrics,
        SourceMaterial? source,
        StageClock clock,
        IProgress<MusicProgress>? progress,
        CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        StageProgress conditioning = new(progress, MusicStage.Conditioning, 1, cancellationToken);
        TextCondition[] texts = EncodeTexts(plan, progress, cancellationToken);

        using Component<AceStepTransformer>.Lease transformer = _parts.Transformer.Borrow(progress, cancellationToken);
        EncoderRows rows = plan.Request is GuidedMusicRequest guided
            ? EncoderRows.ForGeneration(transformer.Value, texts[0], LyricCondition.Create(lyrics.Ids, _device), guided.Guidance)
            : EncoderRows.ForStyleTransfer(transformer.Value, texts[0], LyricCondition.Create(lyrics.Ids, _device), plan.IsGuided);
        EncoderRows? targetRows = plan.Request is StyleTransferRequest
            ? EncoderRows.ForStyleTransfer(transformer.Value, texts[^1], LyricCondition.Create(targetLyrics.Ids, _device), plan.IsGuided)
            : null;
        conditioning.Advance();
        TimeSpan conditioningTime = clock.Lap();

        using NoiseGenerators noise = new(plan.Seeds, plan.VariationSeeds, _device);
        Denoiser denoiser = new(transformer.Value, noise, _dtype, progress, cancellationToken);
        Tensor latents = Denoise(denoiser, plan, rows, targetRows, source);
        MusicLatents[] kept = [.. Enumerable.Range(0, plan.Seeds.Length).Select(item => MusicLatents.FromTensor(latents, item, plan.Describe(item)))];
        return new Composition(latents.MoveToOuterDisposeScope(), kept, conditioningTime, clock.Lap());
    }

    private static Tensor Denoise(Denoiser denoiser, GenerationPlan plan, EncoderRows rows, EncoderRows? targetRows, SourceMaterial? source) => plan.Request switch
    {
        TextToMusicRequest request => denoiser.Generate(rows, request, LatentFrames.FromTime(request.Duration)),
        VariationRequest request => denoiser.Vary(rows, request, LatentFrames.FromTime(request.Duration)),
        AudioToAudioRequest request => denoiser.Restart(rows, request, source!.Latents, request.Strength),
        AccompanimentRequest request => denoiser.Restart(rows, request, source!.Latents, request.Strength),
        ContinuationRequest request => denoiser.Extend(rows, request, source!.Latents, LatentFrames.FromTime(request.Before), LatentFrames.FromTime(request.After)),
        InpaintingRequest request => denoiser.Inpaint(rows, request, source!.Latents, LatentFrames.FromTime(request.Start), LatentFrames.FromTime(request.End)),
        StyleTransferRequest request => denoiser.TransferStyle(rows, targetRows!, request, source!.Latents),
        _ => throw new UnreachableException($"There is no task for a {plan.Request.GetType().Name}."),
    };

    /// <summary>Opens the source and brings it into the model's form; its length is checked before it is encoded.</summary>
    private SourceMaterial ReadSource(GenerationPlan plan, IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        (AudioBuffer? audio, MusicLatents? latents) = plan.Source!.Open();
        if (latents is not null)
        {
            plan.CheckSource(latents.Frames, hasAudio: false);
            StageProgress ready = new(progress, MusicStage.EncodingSource, 1, cancellationToken);
            Tensor known = latents.ToTensor(_device, _dtype);
            ready.Advance();
            return new SourceMaterial(known, null);
        }

        AudioBuffer stereo = SourceMaterial.Prepare(audio!, plan.SourceField);
        AudioBuffer heard = SourceMaterial.Resample(stereo);
        plan.CheckSource((int)Math.Ceiling((double)heard.Length / LatentFrames.Samples), hasAudio: true);
        using Component<MusicCodec>.Lease codec = _parts.Codec.Borrow(progress, cancellationToken);
        return new SourceMaterial(SourceMaterial.Encode(codec.Value, heard, _dtype, progress, cancellationToken), stereo);
    }

    /// <summary>Takes the place of the lyric tokenizer where the token ids are known; null for none.</summary>
    internal Func<string, LyricEncoding>? LyricEncoder { get; set; }

    private LyricEncoding EncodeLyrics(string lyrics)
    {
        if (lyrics.Length == 0)
        {
            return new LyricEncoding([], []);
        }

        LyricEncoding encoding = LyricEncoder?.Invoke(lyrics) ?? _parts.LyricTokenizer.Encode(lyrics);
        return encoding.Ids.Count <= MaximumLyricTokens
            ? encoding
            : throw new InvalidRequestException("Lyrics", $"must have at most {MaximumLyricTokens} tokens; these have {encoding.Ids.Count}.");
    }

    /// <summary>The prompt's condition, and for a style transfer the target's.</summary>
    private TextCondition[] EncodeTexts(GenerationPlan plan, IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        using Component<TextEncoder>.Lease encoder = _parts.TextEncoder.Borrow(progress, cancellationToken);
        return [.. plan.Prompts.Select(prompt => EncodeText(encoder.Value, prompt, plan.NeedsNullText))];
    }

    private static TextCondition EncodeText(TextEncoder encoder, string prompt, bool needsNullText)
    {
        (Tensor hiddenStates, Tensor mask) = encoder.Encode([prompt]);
        return new TextCondition(hiddenStates, needsNullText ? encoder.Encode([prompt], weakenQueries: true).HiddenStates : null, mask);
    }

    /// <summary>The latents of all items on the device, and each item's as its song keeps them.</summary>
    private sealed record Composition(Tensor Latents, MusicLatents[] Kept, TimeSpan ConditioningTime, TimeSpan DenoisingTime);

    /// <summary>Time since the last lap.</summary>
    private sealed class StageClock
    {
        private long _last = Stopwatch.GetTimestamp();

        public TimeSpan Lap()
        {
            long now = Stopwatch.GetTimestamp();
            TimeSpan lap = Stopwatch.GetElapsedTime(_last, now);
            _last = now;
            return lap;
        }
    }
}
