using System.Diagnostics;
using System.Diagnostics.Metrics;
using AceStep.Audio;

namespace AceStep.Core.Tests;

/// <summary>What a program sees of the pipeline beside the songs: progress, traces, measures, files.</summary>
[NonParallelizable]
public sealed class FacadeTests : PipelineFixture
{
    private static IEnumerable<MusicRequest> Requests()
    {
        yield return TextToMusic;
        yield return TextToMusic with { Generation = Quick with { Scheduler = Schedulers.SchedulerKind.Heun } };
        yield return new AudioToAudioRequest { Source = Tones, Generation = Quick };
        yield return new ContinuationRequest { Source = Tones, After = Short, Generation = Quick };
    }

    [TestCaseSource(nameof(Requests))]
    public async Task Progress_OfARequest_HasAShareOfTheWholeThatGrowsToOne(MusicRequest request)
    {
        Recorder recorder = new();

        await Pipeline.GenerateAsync(request, recorder);

        double[] shares = [.. recorder.Reports.Select(report => report.Fraction)];
        Assert.That(shares, Is.Ordered);
        Assert.That(shares[0], Is.LessThan(0.1));
        Assert.That(shares[^1], Is.EqualTo(1).Within(1e-12));
        MusicProgress[] denoising = [.. recorder.Reports.Where(report => report.Stage == MusicStage.Denoising)];
        Assert.That(denoising[^1].Fraction, Is.GreaterThan(denoising[0].Fraction), "it moves within a stage");
    }

    [Test]
    public async Task Progress_OfLoading_IsTheShareOfTheBytes()
    {
        Recorder recorder = new();

        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(TinyCheckpoint, new MusicPipelineOptions { Device = "cpu" }, recorder);

        Assert.That(recorder.Reports[0].Fraction, Is.Zero);
        Assert.That(recorder.Reports[^1].Fraction, Is.EqualTo(1));
    }

    [Test]
    public async Task Decode_WithAnotherCallAwaitedInTheLoop_GoesOn()
    {
        MusicLatents latents = MusicLatents.Create(new float[128 * 700]);
        int pieces = 0;

        await foreach (AudioBuffer piece in Pipeline.DecodeAsync(latents, 44100))
        {
            if (pieces++ == 0)
            {
                // The pipeline used to wait for the loop, and the loop for the pipeline.
                await Pipeline.TextToMusicAsync(TextToMusic).WaitAsync(TimeSpan.FromMinutes(5));
            }
        }

        Assert.That(pieces, Is.GreaterThan(2), "the song has more pieces than a channel of one would keep");
    }

    [Test]
    public void Load_WithoutAMemoryPlan_NamesTheOption() =>
        Assert.That(() => MusicPipeline.LoadAsync(TinyCheckpoint, new MusicPipelineOptions { Memory = null! }), Throws.ArgumentNullException.With.Message.Contains("Memory"));

    [Test]
    public void Validate_WithANegativeSeed_SpeaksOfTheSeed() =>
        Assert.That(() => MusicPipeline.Validate(TextToMusic with { Seed = -1 }), Throws.TypeOf<InvalidRequestException>().With.Message.Contains("-1").And.Message.Not.Contains("batch"));

    [Test]
    public async Task Save_OfASong_TagsItWithPromptAndSeed()
    {
        MusicResult result = await Pipeline.TextToMusicAsync(TextToMusic);
        string path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{Guid.NewGuid():N}.wav");
        try
        {
            result.Songs[0].Save(path);

            AudioFileInfo info = AudioFile.Probe(path);
            Assert.That(SongTags.Of(info.Tags).Prompt, Is.EqualTo(TextToMusic.Prompt));
            Assert.That(SongTags.Of(info.Tags).Seed, Is.EqualTo(5));

            result.Songs[0].Save(path, new AudioSaveOptions { Encoding = SampleEncoding.Pcm16, Tags = new AudioTags { Title = "Mine" } });

            info = AudioFile.Probe(path);
            Assert.That(info.Encoding, Is.EqualTo(SampleEncoding.Pcm16));
            Assert.That(info.Tags, Is.EqualTo(new AudioTags { Title = "Mine" }), "tags that are given are not written over");
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Test]
    public async Task Source_OfLatentsUnderAnotherEnding_IsKnownByItsContent()
    {
        MusicResult result = await Pipeline.TextToMusicAsync(TextToMusic);
        string path = Path.Combine(TestContext.CurrentContext.WorkDirectory, $"{Guid.NewGuid():N}.safetensors");
        string sound = Path.ChangeExtension(path, ".wav");
        try
        {
            result.Songs[0].Latents.Save(path);
            Tones.Save(sound);
            Assert.That(MusicLatents.IsSaved(path), Is.True);
            Assert.That(MusicLatents.IsSaved(sound), Is.False);

            MusicResult again = await Pipeline.AudioToAudioAsync(new AudioToAudioRequest { Source = path, Strength = 0, Generation = Quick });

            Assert.That(again.Songs[0].Latents.Values.ToArray(), Is.EqualTo(result.Songs[0].Latents.Values.ToArray()));
        }
        finally
        {
            File.Delete(path);
            File.Delete(sound);
        }
    }

    [Test]
    public async Task Generate_WithListeners_IsTracedAndMeasured()
    {
        List<Activity> activities = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == MusicPipeline.TelemetryName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activities.Add,
        };
        ActivitySource.AddActivityListener(listener);
        Dictionary<string, double> sums = [];
        using MeterListener meter = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == MusicPipeline.TelemetryName)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        meter.SetMeasurementEventCallback<double>((instrument, value, _, _) => Add(instrument.Name, value));
        meter.SetMeasurementEventCallback<int>((instrument, value, _, _) => Add(instrument.Name, value));
        meter.Start();

        MusicResult result = await Pipeline.TextToMusicAsync(TextToMusic);
        using CancellationTokenSource stop = new();
        await stop.CancelAsync();
        Assert.That(() => Pipeline.TextToMusicAsync(TextToMusic, cancellationToken: stop.Token), Throws.InstanceOf<OperationCanceledException>());

        Assert.That(activities.Select(activity => activity.OperationName), Is.EqualTo(new[] { "acestep text_to_music", "acestep text_to_music" }));
        Assert.That(activities[0].GetTagItem("acestep.seeds"), Is.EqualTo(new long[] { 5 }));
        Assert.That(activities[0].TagObjects.Select(tag => tag.Value), Has.None.EqualTo(TextToMusic.Prompt), "what people write is nobody's business");
        Assert.That(sums["acestep.requests.active"], Is.Zero, "each that began has ended");
        Assert.That(sums["acestep.music.duration"], Is.EqualTo(result.Songs[0].Audio.Duration.TotalSeconds).Within(1e-9));
        Assert.That(sums["acestep.stage.duration"], Is.EqualTo(result.Timings.Total.TotalSeconds).Within(1e-9));
        Assert.That(sums["acestep.request.duration"], Is.GreaterThanOrEqualTo(result.Timings.Total.TotalSeconds));

        void Add(string name, double value) => sums[name] = sums.GetValueOrDefault(name) + value;
    }

    private sealed class Recorder : IProgress<MusicProgress>
    {
        public List<MusicProgress> Reports { get; } = [];

        public void Report(MusicProgress value) => Reports.Add(value);
    }
}
