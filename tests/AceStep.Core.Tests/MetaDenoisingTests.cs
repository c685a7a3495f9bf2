using AceStep.Checkpoints;
using AceStep.Generation;
using AceStep.Models;
using AceStep.Schedulers;
using AceStep.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Core.Tests;

/// <summary>
/// The denoising of every task on the META device, whose tensors have shapes and no elements: whatever reads one back to the
/// host between the first evaluation and the last fails. It takes the way of a GPU, and the released sizes cost no memory.
/// </summary>
public sealed class MetaDenoisingTests
{
    private const int PromptTokens = 9;
    private const int LyricTokens = 40;
    private const int SourceFrames = 100;

    // Nothing is read from it; the source's latents are given to the denoiser.
    private static readonly MusicSource Source = MusicSource.FromFile("song.wav");

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Test]
    public void Read_OfAMetaTensor_Throws()
    {
        using var scope = NewDisposeScope();
        Assert.That(() => zeros(1, device: META).Plus(1).item<float>(), Throws.Exception);
    }

    [TestCaseSource(nameof(Requests))]
    public void Denoise_WithoutElementsToRead_RunsEveryEvaluation(MusicRequest request, int frames) =>
        AssertRuns(TransformerConfig.Load(Path.Combine(ReferenceData.Require("checkpoint-tiny", "ace_step_transformer"), "config.json")), float32, request, SourceFrames, frames);

    [TestCase(ScalarType.Float32)]
    [TestCase(ScalarType.BFloat16)]
    public void Denoise_ReleasedSizesAndLength_RunsEveryEvaluation(ScalarType dtype)
    {
        TextToMusicRequest request = new() { Duration = TimeSpan.FromSeconds(LatentFrames.LongestSeconds), Generation = new() { Steps = 27 } };
        AssertRuns(ReleasedConfigs.Transformer, dtype, request, SourceFrames, LatentFrames.Maximum);
    }

    [Test]
    public void Denoise_ReleasedSizesOnBothSidesOfAWholeSong_GivesTheWholeLength()
    {
        ContinuationRequest request = new() { Source = Source, Before = 60 * Second, After = 30 * Second, Generation = new() { Steps = 3 } };
        int frames = LatentFrames.Maximum + LatentFrames.FromTime(request.Before) + LatentFrames.FromTime(request.After);
        AssertRuns(ReleasedConfigs.Transformer, ScalarType.BFloat16, request, LatentFrames.Maximum, frames);
    }

    private static IEnumerable<TestCaseData> Requests()
    {
        foreach (SchedulerKind scheduler in Enum.GetValues<SchedulerKind>())
        {
            GenerationSettings settings = new() { Steps = 6, Scheduler = scheduler, BatchSize = 2 };
            yield return Case("text to music", new TextToMusicRequest { Duration = 2 * Second, Generation = settings }, LatentFrames.FromTime(2 * Second));
            yield return Case("variation", new VariationRequest { Duration = 2 * Second, Generation = settings }, LatentFrames.FromTime(2 * Second));
            yield return Case("audio to audio", new AudioToAudioRequest { Source = Source, Generation = settings }, SourceFrames);
            yield return Case("accompaniment", new AccompanimentRequest { Vocals = Source, Generation = settings }, SourceFrames);
            yield return Case("continuation", new ContinuationRequest { Source = Source, After = Second, Generation = settings }, SourceFrames + LatentFrames.FromTime(Second));
            yield return Case("inpainting", new InpaintingRequest { Source = Source, Start = Second, End = 3 * Second, Strength = 1, Generation = settings }, SourceFrames);
            yield return Case("style transfer", new StyleTransferRequest { Source = Source, From = 0.2, To = 0.7, Average = 2, Generation = settings }, SourceFrames);

            TestCaseData Case(string task, MusicRequest request, int frames) => new TestCaseData(request, frames).SetArgDisplayNames(task, $"{scheduler}");
        }

        foreach (GuidanceSettings guidance in (GuidanceSettings[])
            [
                new() { Kind = GuidanceKind.Cfg, Interval = 1 },
                new() { Kind = GuidanceKind.CfgStar, Interval = 1, IntervalDecay = 1 },
                new() { TextScale = 5, LyricScale = 2 },
                new() { ErgTag = false, ErgLyric = false, ErgDiffusion = false },
                new() { Scale = 1 },
            ])
        {
            TextToMusicRequest request = new() { Duration = Second, Guidance = guidance, Generation = new() { Steps = 6 } };
            yield return new TestCaseData(request, LatentFrames.FromTime(Second)).SetArgDisplayNames("text to music", $"{guidance.Kind} {guidance.Scale} {guidance.TextScale} {guidance.Interval} {guidance.ErgDiffusion}");
        }
    }

    private static void AssertRuns(TransformerConfig config, ScalarType dtype, MusicRequest request, int sourceFrames, int expectedFrames)
    {
        using var scope = NewDisposeScope();
        using var inference = inference_mode();
        using AceStepTransformer transformer = new(config);
        transformer.to(dtype);
        int songs = request.Generation.BatchSize;
        using NoiseGenerators noise = new([.. Enumerable.Range(0, songs)], [.. Enumerable.Range(0, songs)], dtype, META);
        Tensor prompt = zeros(1, PromptTokens, config.TextWidth, dtype: dtype, device: META);
        TextCondition text = new(prompt, prompt, ones(1, PromptTokens, device: META));
        LyricCondition lyrics = LyricCondition.Create([.. Enumerable.Range(0, LyricTokens)], META);
        EncoderRows[] conditions = [.. request.Words.Select(_ => request.Encode(transformer, text, lyrics))];
        Tensor source = zeros(1, LatentFrames.Channels, LatentFrames.Rows, sourceFrames, dtype: dtype, device: META);
        Progress progress = new();

        Tensor latents = request.Denoise(new Denoiser(transformer, conditions, source, noise, progress, CancellationToken.None));

        Assert.That(latents.device_type, Is.EqualTo(DeviceType.META));
        Assert.That(latents.dtype, Is.EqualTo(dtype));
        Assert.That(latents.shape, Is.EqualTo(new long[] { songs, LatentFrames.Channels, LatentFrames.Rows, expectedFrames }));
        Assert.That(progress.Last.Total, Is.Positive);
        Assert.That(progress.Last.Completed, Is.EqualTo(progress.Last.Total));
    }

    private sealed class Progress : IProgress<MusicProgress>
    {
        public MusicProgress Last { get; private set; }

        public void Report(MusicProgress value) => Last = value;
    }
}
