using AceStep.Schedulers;
using FsCheck;
using FsCheck.Fluent;

namespace AceStep.Core.Tests;

/// <summary>Any valid request gives finite sound of the promised length; any invalid one names its field.</summary>
public sealed class RequestPropertyTests : PipelineFixture
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(40);

    private static Gen<GenerationSettings> Settings() =>
        from steps in Gen.Choose(1, 5)
        from scheduler in Gen.Elements(Enum.GetValues<SchedulerKind>())
        from omega in Gen.Choose(-30, 30)
        from batch in Gen.Choose(1, 2)
        from rate in Gen.Elements(44100, 48000)
        select new GenerationSettings { Steps = steps, Scheduler = scheduler, OmegaScale = omega, BatchSize = batch, SampleRate = rate };

    private static Gen<GuidanceSettings> Guidance() =>
        from kind in Gen.Elements(Enum.GetValues<GuidanceKind>())
        from scale in Gen.Elements(0.0, 1.0, 1.5, 15.0, 30.0)
        from interval in Gen.Choose(0, 10)
        from decay in Gen.Choose(0, 10)
        from isDouble in Gen.Elements(true, false)
        from erg in Gen.Choose(0, 7)
        select new GuidanceSettings
        {
            Kind = kind, Scale = scale, Interval = interval / 10.0, IntervalDecay = decay / 10.0, TextScale = isDouble ? 4 : 0, LyricScale = isDouble ? 2 : 0,
            ErgTag = (erg & 1) != 0, ErgLyric = (erg & 2) != 0, ErgDiffusion = (erg & 4) != 0,
        };

    private static Gen<(MusicRequest Request, int Frames)> Requests() =>
        from settings in Settings()
        from guidance in Guidance()
        from task in Gen.Choose(0, 6)
        from share in Gen.Choose(0, 10)
        from first in Gen.Choose(0, 8)
        from more in Gen.Choose(1, 3)
        from lyrics in Gen.Elements("", "[chorus]\nla la", "你好\n[bridge]\n99")
        select Create(task, share / 10.0, first, more, new TextToMusicRequest { Prompt = "funk", Lyrics = lyrics, Generation = settings, Guidance = guidance });

    private static (MusicRequest Request, int Frames) Create(int task, double share, int first, int more, TextToMusicRequest shared)
    {
        TimeSpan start = Within(first);
        TimeSpan length = Within(more);
        return task switch
        {
            0 => (shared with { Duration = length }, more),
            1 => (new VariationRequest { Prompt = shared.Prompt, Generation = shared.Generation, Guidance = shared.Guidance, Duration = length, Strength = share }, more),
            2 => (new AudioToAudioRequest { Source = Tones, Generation = shared.Generation, Guidance = shared.Guidance, Strength = share }, 12),
            3 => (new ContinuationRequest { Source = Tones, Generation = shared.Generation, Guidance = shared.Guidance, Before = first == 0 ? TimeSpan.Zero : start, After = length, Strength = share }, 12 + first + more),
            4 => (new InpaintingRequest { Source = Tones, Generation = shared.Generation, Guidance = shared.Guidance, Start = start, End = Within(first + more), Strength = share }, 12),
            5 => (new StyleTransferRequest { Source = Tones, Generation = shared.Generation, Lyrics = shared.Lyrics, TargetPrompt = "techno", From = share / 2, To = share }, 12),
            _ => (new AccompanimentRequest { Vocals = Tones, Generation = shared.Generation, Guidance = shared.Guidance, Strength = share, KeepVocals = false }, 12),
        };

        static TimeSpan Within(int frames) => (LatentFrames.ToTime(frames) + LatentFrames.ToTime(frames + 1)) / 2;
    }

    [Test]
    public void AnyValidRequest_GivesFiniteSoundOfThePromisedLength() =>
        Prop.ForAll(Requests().ToArbitrary(), pair =>
        {
            MusicResult result = Pipeline.GenerateAsync(pair.Request).GetAwaiter().GetResult();
            AssertFinite(result);
            int samples = pair.Request.Generation.SampleRate == 44100 ? pair.Frames * 4096 : (int)Math.Ceiling(pair.Frames * 4096 * 160 / 147.0);
            return result.Songs.Count == pair.Request.Generation.BatchSize && result.Songs.All(song => song.Audio.Length == samples && song.Latents.Frames == pair.Frames);
        }).Check(Runs);

    [Test]
    public void AnyRequestWithABrokenField_NamesIt() =>
        Prop.ForAll(Requests().ToArbitrary(), Gen.Choose(0, 4).ToArbitrary(), (pair, breach) =>
        {
            (MusicRequest broken, string field) = breach switch
            {
                0 => (pair.Request with { Generation = pair.Request.Generation with { Steps = 0 } }, "Generation.Steps"),
                1 => (pair.Request with { Generation = pair.Request.Generation with { OmegaScale = double.NaN } }, "Generation.OmegaScale"),
                2 => (pair.Request with { Generation = pair.Request.Generation with { SampleRate = 8000 } }, "Generation.SampleRate"),
                3 => (pair.Request with { Seed = -5 }, "Seed"),
                _ => (pair.Request with { Generation = pair.Request.Generation with { BatchSize = 0 } }, "Generation.BatchSize"),
            };
            try
            {
                MusicPipeline.Validate(broken);
                return false;
            }
            catch (InvalidRequestException error)
            {
                return error.Field == field;
            }
        }).Check(Runs);
}
