using AceStep.Audio;
using AceStep.Schedulers;
using TorchSharp;

namespace AceStep.Core.Tests;

/// <summary>What every request keeps to: determinism, progress, cancellation, memory, independence.</summary>
public sealed class GenerationTests : PipelineFixture
{
    private static IEnumerable<MusicRequest> EveryTask()
    {
        MusicSource source = Tones;
        yield return TextToMusic;
        yield return new VariationRequest { Prompt = "funk", Duration = Short, Seed = 1, VariationSeed = 2, Generation = Quick };
        yield return new AudioToAudioRequest { Prompt = "funk", Source = source, Seed = 1, Strength = 0.7, Generation = Quick };
        yield return new ContinuationRequest { Prompt = "funk", Source = source, Before = Short, After = Short, Seed = 1, VariationSeed = 2, Generation = Quick };
        yield return new InpaintingRequest { Prompt = "funk", Source = source, Start = TimeSpan.FromSeconds(0.3), End = TimeSpan.FromSeconds(0.8), Strength = 0.7, Seed = 1, VariationSeed = 2, Generation = Quick };
        yield return new StyleTransferRequest { Prompt = "funk", TargetPrompt = "techno", Source = source, To = 0.7, Seed = 1, VariationSeed = 2, Generation = Quick };
        yield return new AccompanimentRequest { Prompt = "funk", Vocals = source, Style = AccompanimentStyle.Jazz, Strength = 0.7, Seed = 1, KeepVocals = false, Generation = Quick };
    }

    [Test]
    public async Task Generate_EveryTaskWithEveryScheduler_GivesSoundOfThePromisedLength(
        [ValueSource(nameof(EveryTask))] MusicRequest request, [Values] SchedulerKind scheduler, [Values(1, 2)] int batch)
    {
        MusicResult result = await Pipeline.GenerateAsync(request with { Generation = request.Generation with { Scheduler = scheduler, BatchSize = batch } });

        int frames = request switch
        {
            TextToMusicRequest or VariationRequest => 9,
            ContinuationRequest => 12 + 9 + 9,
            _ => 12,
        };
        Assert.That(result.Songs, Has.Count.EqualTo(batch));
        Assert.That(result.Songs.Select(song => song.Audio.Length), Is.All.EqualTo(frames * 4096));
        Assert.That(result.Songs.Select(song => song.Latents.Frames), Is.All.EqualTo(frames));
        AssertFinite(result);
    }

    [TestCaseSource(nameof(EveryTask))]
    public async Task Generate_SameRequestTwice_IsBitEqualAndLeavesNoTensor(MusicRequest request)
    {
        MusicResult first = await Pipeline.GenerateAsync(request);
        long before = Pipeline.LiveTensors;

        MusicResult second = await Pipeline.GenerateAsync(request);

        Assert.That(Pipeline.LiveTensors, Is.EqualTo(before), "live tensors");
        Assert.That(second.Songs[0].Latents.Values.SequenceEqual(first.Songs[0].Latents.Values), Is.True, "latents");
        Assert.That(second.Songs[0].Audio.Channel(1).SequenceEqual(first.Songs[0].Audio.Channel(1)), Is.True, "samples");
    }

    [Test]
    public async Task Generate_AfterOtherTasksAndAFailure_IsAsBefore()
    {
        MusicResult before = await Pipeline.TextToMusicAsync(TextToMusic);
        foreach (MusicRequest request in EveryTask())
        {
            await Pipeline.GenerateAsync(request);
        }

        Assert.ThrowsAsync<InvalidRequestException>(() => Pipeline.InpaintAsync(new InpaintingRequest { Source = Tones, Start = TimeSpan.FromSeconds(0.5), End = TimeSpan.FromSeconds(90) }));

        MusicResult after = await Pipeline.TextToMusicAsync(TextToMusic);
        Assert.That(after.Songs[0].Latents.Values.SequenceEqual(before.Songs[0].Latents.Values), Is.True);
    }

    [Test]
    public async Task Generate_TwoAtOnce_BothGiveWhatEachGivesAlone()
    {
        MusicResult alone = await Pipeline.TextToMusicAsync(TextToMusic);

        MusicResult[] together = await Task.WhenAll(Pipeline.TextToMusicAsync(TextToMusic with { Seed = 6 }), Pipeline.TextToMusicAsync(TextToMusic));

        Assert.That(together[1].Songs[0].Latents.Values.SequenceEqual(alone.Songs[0].Latents.Values), Is.True);
        Assert.That(together[0].Songs[0].Latents.Values.SequenceEqual(alone.Songs[0].Latents.Values), Is.False);
    }

    [Test]
    public async Task Generate_WithoutSeeds_ReportsTheOnesItDrew()
    {
        MusicResult drawn = await Pipeline.VaryAsync(new VariationRequest { Prompt = "funk", Duration = Short, Generation = Quick with { BatchSize = 2 } });

        MusicResult again = await Pipeline.GenerateAsync(drawn.Request);

        Assert.That(drawn.Songs.Select(song => song.Seed), Is.Unique);
        Assert.That(drawn.Songs[0].VariationSeed, Is.Not.Null.And.Not.EqualTo(drawn.Songs[0].Seed));
        Assert.That(again.Songs[1].Latents.Values.SequenceEqual(drawn.Songs[1].Latents.Values), Is.True);
    }

    [TestCase(SchedulerKind.Euler)]
    [TestCase(SchedulerKind.Heun)]
    public async Task Generate_BatchWithoutOmega_HasTheSongsOfItsSeedsAlone(SchedulerKind scheduler)
    {
        TextToMusicRequest batch = TextToMusic with { Seed = [5, 6], Generation = Quick with { Scheduler = scheduler, OmegaScale = 0, BatchSize = 2 } };
        MusicResult together = await Pipeline.TextToMusicAsync(batch);

        MusicResult alone = await Pipeline.TextToMusicAsync(batch with { Seed = 6, Generation = batch.Generation with { BatchSize = 1 } });

        using torch.Tensor expected = torch.tensor(together.Songs[1].Latents.Values.ToArray());
        using torch.Tensor actual = torch.tensor(alone.Songs[0].Latents.Values.ToArray());
        TensorAssert.Close(actual, expected, TensorAssert.PipelineTolerance, "latents");
    }

    [Test]
    public async Task Generate_ScaleOfOne_IsUnguided()
    {
        // With CFG*, guidance would zero the first two predictions whatever its scale.
        TextToMusicRequest request = TextToMusic with { Guidance = new() { Kind = GuidanceKind.CfgStar, Interval = 1, Scale = 1 } };

        MusicResult result = await Pipeline.TextToMusicAsync(request);

        MusicResult expected = await Pipeline.TextToMusicAsync(request with { Guidance = request.Guidance with { Scale = 0 } });
        Assert.That(result.Songs[0].Latents.Values.SequenceEqual(expected.Songs[0].Latents.Values), Is.True);
    }

    [Test]
    public async Task Generate_SeedWithoutVariationSeed_DrawsAnIndependentOne()
    {
        // The original takes the seed for both noises, which are then equal: their mix has the wrong variance.
        MusicResult result = await Pipeline.VaryAsync(new VariationRequest { Prompt = "funk", Duration = Short, Seed = 9, Strength = 0.5, Generation = Quick });

        Assert.That(result.Songs[0].VariationSeed, Is.Not.EqualTo(9));
    }

    [Test]
    public async Task Generate_Progress_ReportsEveryUnitOfEveryStageOnce()
    {
        Recorder recorder = new();
        await Pipeline.GenerateAsync(new AudioToAudioRequest { Prompt = "funk", Source = Tones, Seed = 1, Strength = 1, Generation = Quick with { Scheduler = SchedulerKind.Heun } }, recorder);

        MusicStage[] stages = [MusicStage.EncodingSource, MusicStage.Conditioning, MusicStage.Denoising, MusicStage.Decoding];
        Assert.That(recorder.Reports.Select(report => report.Stage).Distinct(), Is.EqualTo(stages));
        foreach (IGrouping<MusicStage, MusicProgress> stage in recorder.Reports.GroupBy(report => report.Stage))
        {
            long total = stage.First().Total;
            Assert.That(stage.Select(report => report.Completed), Is.EqualTo(Enumerable.Range(0, (int)total + 1)), stage.Key.ToString());
            Assert.That(stage.Select(report => report.Total), Is.All.EqualTo(total));
        }

        Assert.That(recorder.Reports.First(report => report.Stage == MusicStage.Denoising).Total, Is.EqualTo(5), "heun computes 2 * 3 - 1 evaluations");
        Assert.That(recorder.Reports.Last(report => report.Stage == MusicStage.Denoising).Remaining, Is.EqualTo(TimeSpan.Zero));
    }

    [TestCase(MusicStage.EncodingSource)]
    [TestCase(MusicStage.Conditioning)]
    [TestCase(MusicStage.Denoising)]
    [TestCase(MusicStage.Decoding)]
    public async Task Generate_Cancelled_StopsWithinOneUnitAndLeavesNoTensor(MusicStage stage)
    {
        MusicRequest request = new AudioToAudioRequest { Prompt = "funk", Source = Tones, Seed = 1, Strength = 1, Generation = Quick };
        await Pipeline.GenerateAsync(request);
        long before = Pipeline.LiveTensors;
        using CancellationTokenSource source = new();
        Recorder recorder = new(report =>
        {
            if (report.Stage == stage && report.Completed >= report.Total / 2)
            {
                source.Cancel();
            }
        });

        Assert.CatchAsync<OperationCanceledException>(() => Pipeline.GenerateAsync(request, recorder, source.Token));

        Assert.That(recorder.Reports[^1].Stage, Is.EqualTo(stage), "nothing is reported after the cancellation");
        Assert.That(Pipeline.LiveTensors, Is.EqualTo(before), "live tensors");
        AssertFinite(await Pipeline.GenerateAsync(request));
    }

    [Test]
    public async Task Generate_FiftyTimes_KeepsTensorsAndMemoryWhereTheyWere()
    {
        await Pipeline.TextToMusicAsync(TextToMusic);
        GC.Collect();
        long tensors = Pipeline.LiveTensors;
        long memory = Environment.WorkingSet;

        for (int i = 0; i < 50; i++)
        {
            await Pipeline.TextToMusicAsync(TextToMusic);
        }

        GC.Collect();
        Assert.That(Pipeline.LiveTensors, Is.EqualTo(tensors), "live tensors");
        Assert.That(Environment.WorkingSet - memory, Is.LessThan(64 << 20), "growth of resident memory in bytes");
    }

    [TestCaseSource(nameof(MemoryPlans))]
    public async Task Generate_UnderAnyMemoryPlan_IsBitEqual(MemoryPlan plan)
    {
        MusicResult kept = await Pipeline.TextToMusicAsync(TextToMusic);
        await using MusicPipeline other = await MusicPipeline.LoadAsync(TinyCheckpoint, new MusicPipelineOptions { Device = "cpu", Memory = plan });

        bool isTransformerThere = true;
        Recorder recorder = new(report => isTransformerThere = report.Stage == MusicStage.Decoding ? other.Parts.Transformer.Resident is not null : isTransformerThere);
        MusicResult result = await other.TextToMusicAsync(TextToMusic, recorder);

        Assert.That(result.Songs[0].Audio.Channel(0).SequenceEqual(kept.Songs[0].Audio.Channel(0)), Is.True);
        Assert.That(isTransformerThere, Is.EqualTo(plan != MemoryPlan.DropAll), "the transformer while the codec works");
        Assert.That(other.Parts.Codec.Resident is null, Is.EqualTo(plan == MemoryPlan.DropAll));

        // Text encoder, transformer and codec, each read from its first byte to its last.
        MusicProgress[] loading = [.. recorder.Reports.Where(report => report.Stage == MusicStage.Loading)];
        Assert.That(loading.Count(report => report.Completed == 0), Is.EqualTo(plan == MemoryPlan.DropAll ? 3 : 0));
        Assert.That(loading.Count(report => report.Completed == report.Total), Is.EqualTo(plan == MemoryPlan.DropAll ? 3 : 0));
    }

    private static IEnumerable<MemoryPlan> MemoryPlans() => [MemoryPlan.KeepAll, MemoryPlan.OffloadAll, MemoryPlan.DropAll];

    [Test]
    public async Task Load_AndDispose_LeavesNoTensor()
    {
        long collected = LiveTensors.OfFinalizer();
        MusicPipeline other = await MusicPipeline.LoadAsync(TinyCheckpoint, new MusicPipelineOptions { Device = "cpu" });
        Assert.That(other.LiveTensors, Is.GreaterThan(100), "the weights");

        await other.DisposeAsync();

        Assert.That(other.LiveTensors + LiveTensors.OfFinalizer() - collected, Is.Zero, "live tensors");
        Assert.ThrowsAsync<ObjectDisposedException>(() => other.TextToMusicAsync(TextToMusic));
    }

    [Test]
    public async Task Load_Progress_EndsAtItsTotal()
    {
        Recorder recorder = new();
        await using MusicPipeline other = await MusicPipeline.LoadAsync(TinyCheckpoint, new MusicPipelineOptions { Device = "cpu" }, recorder);

        Assert.That(recorder.Reports.Select(report => report.Completed), Is.Ordered.And.All.LessThanOrEqualTo(recorder.Reports[0].Total));
        Assert.That(recorder.Reports[^1].Completed, Is.EqualTo(recorder.Reports[^1].Total));
    }

    [Test]
    public async Task Decode_PieceByPiece_IsTheSongsSound([Values(44100, 48000)] int rate)
    {
        Pipeline.Parts.Codec.Resident!.WindowFrames = 8;
        MusicResult result = await Pipeline.TextToMusicAsync(TextToMusic with { Duration = TimeSpan.FromSeconds(2), Generation = Quick with { Steps = 1, SampleRate = rate } });
        List<AudioBuffer> pieces = [];
        await foreach (AudioBuffer piece in Pipeline.DecodeAsync(result.Songs[0].Latents, rate))
        {
            pieces.Add(piece);
        }

        AudioBuffer joined = AudioBuffer.Concatenate(pieces);
        Assert.That(pieces, Has.Count.GreaterThan(1));
        Assert.That(joined.Length, Is.EqualTo(result.Songs[0].Audio.Length));
        using torch.Tensor actual = torch.tensor(joined.ToPlanar());
        using torch.Tensor expected = torch.tensor(result.Songs[0].Audio.ToPlanar());
        TensorAssert.Close(actual, expected, TensorAssert.PipelineTolerance, "pieces");
    }

    [Test]
    public async Task Decode_LeftEarly_FreesThePipeline()
    {
        Pipeline.Parts.Codec.Resident!.WindowFrames = 8;
        MusicLatents latents = MusicLatents.Create(new float[8 * 16 * 24]);
        await foreach (AudioBuffer piece in Pipeline.DecodeAsync(latents))
        {
            Assert.That(piece.Length, Is.GreaterThan(0));
            break;
        }

        AssertFinite(await Pipeline.TextToMusicAsync(TextToMusic));
    }

    [TestCase("")]
    [TestCase("tpu")]
    [TestCase("cuda:99")]
    public void Load_UnknownDevice_SaysWhichThereAre(string device)
    {
        var error = Assert.ThrowsAsync<ArgumentException>(() => MusicPipeline.LoadAsync(TinyCheckpoint, new MusicPipelineOptions { Device = device }));

        Assert.That(error.Message, Does.Contain("cuda"));
    }

    private sealed class Recorder(Action<MusicProgress>? also = null) : IProgress<MusicProgress>
    {
        public List<MusicProgress> Reports { get; } = [];

        public void Report(MusicProgress value)
        {
            Reports.Add(value);
            also?.Invoke(value);
        }
    }
}
