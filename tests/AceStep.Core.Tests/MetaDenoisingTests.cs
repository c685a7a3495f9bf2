using AceStep.Checkpoints;
using AceStep.Generation;
using AceStep.Models;
using AceStep.Schedulers;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Core.Tests;

/// <summary>
/// Denoising on the META device, whose tensors have shapes and no elements: whatever reads one back to the host between the
/// first evaluation and the last fails. The released sizes cost no memory there.
/// </summary>
public sealed class MetaDenoisingTests
{
    private const int EncoderTokens = 50;
    private const int SourceFrames = 100;

    // Nothing is read from it; the source's latents are given to the denoiser.
    private static readonly MusicSource Source = MusicSource.FromFile("song.wav");

    private static TransformerConfig TinyConfig => TransformerConfig.Load(Path.Combine(ReferenceData.Require("checkpoint-tiny", "ace_step_transformer"), "config.json"));

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Test]
    public void Read_OfAMetaTensor_Throws()
    {
        using var scope = NewDisposeScope();
        Assert.That(() => zeros(1, device: META).Plus(1).item<float>(), Throws.Exception);
    }

    [TestCaseSource(nameof(Requests))]
    public void Denoise_WithoutElementsToRead_RunsEveryEvaluation(MusicRequest request, int frames) =>
        AssertRuns(TinyConfig, float32, request, SourceFrames, frames);

    [TestCase(ScalarType.Float32)]
    [TestCase(ScalarType.BFloat16)]
    public void Denoise_ReleasedSizesAndLength_RunsEveryEvaluation(ScalarType dtype)
    {
        TextToMusicRequest request = new() { Duration = TimeSpan.FromSeconds(LatentFrames.LongestSeconds), Generation = new() { Steps = 27 } };
        AssertRuns(ReleasedConfigs.Transformer, dtype, request, SourceFrames, LatentFrames.Maximum);
    }

    [Test]
    public void Denoise_ContinuationBeyondWhatAPassHolds_RunsBothPasses()
    {
        ContinuationRequest request = new() { Source = Source, Before = 100 * Second, After = 100 * Second, Generation = new() { Steps = 6 } };
        AssertRuns(TinyConfig, float32, request, LatentFrames.Maximum, (2 * LatentFrames.FromTime(100 * Second)) + LatentFrames.Maximum);
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
            yield return Case("inpainting", new InpaintingRequest { Source = Source, End = LatentFrames.ToTime(SourceFrames) + TimeSpan.FromMilliseconds(1), Strength = 1, Generation = settings }, SourceFrames);
            yield return Case("inpainting in part", new InpaintingRequest { Source = Source, Start = Second, End = 2 * Second, Strength = 0.7, Generation = settings }, SourceFrames);
            yield return Case("continuation", new ContinuationRequest { Source = Source, Before = Second, After = 2 * Second, Generation = settings }, LatentFrames.FromTime(Second) + SourceFrames + LatentFrames.FromTime(2 * Second));
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
        EncoderRows[] conditions = [.. request.Words.Select(_ => Rows(request, transformer))];
        Tensor source = zeros(1, LatentFrames.Channels, LatentFrames.Rows, sourceFrames, dtype: dtype, device: META);
        using StepWatch watch = new();
        Progress progress = new();

        Tensor latents = request.Denoise(new Denoiser(transformer, conditions, source, noise, watch, progress, CancellationToken.None));

        Assert.That(latents.device_type, Is.EqualTo(DeviceType.META));
        Assert.That(latents.dtype, Is.EqualTo(dtype));
        Assert.That(latents.shape, Is.EqualTo(new long[] { songs, LatentFrames.Channels, LatentFrames.Rows, expectedFrames }));
        Assert.That(progress.Last.Total, Is.Positive);
        Assert.That(progress.Last.Completed, Is.EqualTo(progress.Last.Total));
    }

    /// <summary>What the request's encoding gives: libtorch itself cannot look an embedding up on the META device.</summary>
    private static EncoderRows Rows(MusicRequest request, AceStepTransformer transformer)
    {
        GuidanceSettings guidance = request is GuidedMusicRequest guided ? guided.Guidance : new GuidanceSettings { ErgDiffusion = false };
        bool[] weakened = !request.IsGuided ? [false] : guidance.IsDoubleCondition ? [false, guidance.ErgDiffusion, false] : [false, guidance.ErgDiffusion];
        return new EncoderRows(
            zeros(weakened.Length, EncoderTokens, transformer.Config.Width, dtype: transformer.parameters().First().dtype, device: META),
            ones(weakened.Length, EncoderTokens, device: META),
            weakened);
    }

    private sealed class Progress : IProgress<MusicProgress>
    {
        public MusicProgress Last { get; private set; }

        public void Report(MusicProgress value) => Last = value;
    }
}
