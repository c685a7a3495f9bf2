using System.Diagnostics;
using AceStep.Audio;
using AceStep.Generation;
using AceStep.Lyrics;
using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep;

public sealed partial class MusicPipeline
{
    /// <summary>The most tokens that lyrics may have. The model was trained on no more, and the lyric encoder's work grows with their square.</summary>
    private const int MaximumLyricTokens = 4096;

    /// <summary>For tests with known token ids: replaces the lyric tokenizer. Null otherwise.</summary>
    internal Func<string, LyricEncoding>? KnownLyrics { get; set; }

    /// <summary>The whole way of a request: lyrics, source, conditions, latents, audio. Synchronous, on one thread, under inference mode.</summary>
    private MusicResult Generate(MusicRequest request, IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        using var inference = inference_mode();
        using var scope = NewDisposeScope();
        using IDisposable? downloads = _options.LyricDownloads?.Under(cancellationToken);
        GenerationPlan plan = GenerationPlan.Create(request);
        StageClock clock = new();

        // Lyrics first: tokenizing them is fast, and may refuse the request.
        _stage = MusicStage.Conditioning;
        LyricEncoding[] lyrics = TokenizeLyrics(request);
        TimeSpan lyricTime = clock.Lap();
        SourceMaterial? source = request.StartsFrom is null ? null : ReadSource(request, progress, cancellationToken);
        TimeSpan sourceTime = clock.Lap();
        Composition composition = Compose(plan, lyrics, source, clock, progress, cancellationToken);

        AudioBuffer[] sounds = Decode(composition.Latents, request.Generation.SampleRate, progress, cancellationToken);
        Song[] songs =
        [
            .. sounds.Select((sound, item) => new Song
            {
                Audio = request.Finish(sound, source?.Audio),
                Latents = composition.Kept[item],
                Seed = plan.Seeds[item],
                VariationSeed = plan.VariationSeeds?[item],
            }),
        ];
        return new MusicResult
        {
            Songs = songs,
            Request = plan.Request,
            Lyrics = lyrics[^1].Lines,
            Warnings = [.. source?.Warnings ?? [], .. ResultWarnings.OfWords(plan.Request, lyrics, _checkpoint.Tokenizer), .. ResultWarnings.OfSeeds(plan, (int?)source?.Latents.size(3) ?? songs[0].Latents.Frames), .. ResultWarnings.OfSilence(songs)],
            Timings = new MusicTimings(sourceTime, lyricTime + composition.ConditioningTime, composition.DenoisingTime, clock.Lap()),
        };
    }

    /// <summary>Computes the latents. The transformer is released before this returns, since the codec may need its memory.</summary>
    private Composition Compose(
        GenerationPlan plan,
        LyricEncoding[] lyrics,
        SourceMaterial? source,
        StageClock clock,
        IProgress<MusicProgress>? progress,
        CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        _stage = MusicStage.Conditioning;
        StageProgress conditioning = new(progress, _stage, 1, cancellationToken);
        TextCondition[] texts = EncodeTexts(plan.Request, progress, cancellationToken);

        using Component<AceStepTransformer>.Lease transformer = _parts.Transformer.Borrow(progress, cancellationToken);
        EncoderRows[] conditions = [.. texts.Zip(lyrics, (text, words) => plan.Request.Encode(transformer.Value, text, LyricCondition.Create(words.Ids, _device)))];
        foreach (EncoderRows encoded in conditions)
        {
            FiniteNumbers.RequireOfTransformer(encoded.HiddenStates, MusicStage.Conditioning, transformer.Value, null, plan.Request, _loras.Active);
        }

        conditioning.Advance();
        TimeSpan conditioningTime = clock.Lap();

        _stage = MusicStage.Denoising;
        using NoiseGenerators noise = new(plan.Seeds, plan.VariationSeeds, _dtype, _device);
        using StepWatch watch = new();
        Tensor latents = plan.Request.Denoise(new Denoiser(transformer.Value, conditions, source?.Latents, noise, watch, progress, cancellationToken));
        FiniteNumbers.RequireOfTransformer(latents, MusicStage.Denoising, transformer.Value, watch, plan.Request, _loras.Active);
        MusicLatents[] kept = [.. Enumerable.Range(0, plan.Seeds.Length).Select(item => MusicLatents.FromTensor(latents, item, plan.Describe(item)))];
        return new Composition(latents.MoveToOuterDisposeScope(), kept, conditioningTime, clock.Lap());
    }

    /// <summary>Opens the source and converts it to latents. Its length is checked before it is decoded.</summary>
    private SourceMaterial ReadSource(MusicRequest request, IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        _stage = MusicStage.EncodingSource;
        string field = request.Schema.Source!.Name;
        (AudioBuffer? audio, MusicLatents? latents, IReadOnlyList<AudioWarning> warnings) = request.StartsFrom!.Open(request.CheckSource, cancellationToken);
        if (latents is not null)
        {
            if (request.KeepsSamples)
            {
                throw new InvalidRequestException(field, "must be audio to keep its own samples; it is latents.");
            }

            StageProgress ready = new(progress, MusicStage.EncodingSource, 1, cancellationToken);
            Tensor known = latents.ToTensor(_device, _dtype);
            ready.Advance();
            return new SourceMaterial(known, null);
        }

        AudioBuffer stereo = SourceMaterial.Prepare(audio!, field);
        AudioBuffer heard = SourceMaterial.Resample(stereo, cancellationToken);
        using Component<MusicCodec>.Lease codec = _parts.Codec.Borrow(progress, cancellationToken);
        return new SourceMaterial(SourceMaterial.Encode(codec.Value, heard, _dtype, progress, cancellationToken), stereo) { Warnings = [.. warnings.Select(warning => new MusicWarning(MusicWarningKind.Source, warning.Message))] };
    }

    /// <summary>Tokenizes each of a task's lyrics; equal lyrics are tokenized once.</summary>
    private LyricEncoding[] TokenizeLyrics(MusicRequest request)
    {
        IReadOnlyList<Words> words = request.Words;
        LyricReading reading = new() { Language = request.LyricLanguage, ReadLanguageMarks = request.LyricLanguageMarks, Tidy = request.TidyLyrics };
        Dictionary<string, LyricEncoding> read = [];
        foreach (Words one in words.DistinctBy(one => one.Lyrics))
        {
            LyricEncoding encoding = one.Lyrics.Length == 0 ? new LyricEncoding([], []) : KnownLyrics?.Invoke(one.Lyrics) ?? _parts.LyricTokenizer.Encode(one.Lyrics, reading);
            read[one.Lyrics] = encoding.Ids.Count <= MaximumLyricTokens
                ? encoding
                : throw new InvalidRequestException(one.LyricsField, $"must have at most {FieldText.Of(MaximumLyricTokens)} tokens; these have {FieldText.Of(encoding.Ids.Count)}.");
        }

        return [.. words.Select(one => read[one.Lyrics])];
    }

    /// <summary>Encodes each of a task's prompts.</summary>
    private TextCondition[] EncodeTexts(MusicRequest request, IProgress<MusicProgress>? progress, CancellationToken cancellationToken)
    {
        using Component<TextEncoder>.Lease encoder = _parts.TextEncoder.Borrow(progress, cancellationToken);
        return [.. request.Words.Select(words => EncodeText(encoder.Value, words.Prompt, request.ReadsWeakenedText))];
    }

    private static TextCondition EncodeText(TextEncoder encoder, string prompt, bool needsNullText)
    {
        (Tensor hiddenStates, Tensor mask) = encoder.Encode([prompt]);
        FiniteNumbers.Require(hiddenStates, MusicStage.Conditioning, "text encoder", encoder.Encoder);
        return new TextCondition(hiddenStates, needsNullText ? encoder.Encode([prompt], weakenQueries: true).HiddenStates : null, mask);
    }

    /// <summary>The latents of all songs on the device, and each song's own in the host's memory.</summary>
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
