using AceStep.Audio;
using AceStep.Schedulers;

namespace AceStep.Core.Tests;

/// <summary>Every rule of the capability table refuses what it should, by field.</summary>
public sealed class RequestValidationTests
{
    private static readonly MusicSource Source = AudioBuffer.FromPlanar([new float[4096 * 20], new float[4096 * 20]], 44100);

    private static IEnumerable<TestCaseData> Invalid()
    {
        TextToMusicRequest valid = new();
        InpaintingRequest inpainting = new() { Source = Source, End = TimeSpan.FromSeconds(1) };
        StyleTransferRequest transfer = new() { Source = Source };
        ContinuationRequest continuation = new() { Source = Source, After = TimeSpan.FromSeconds(1) };

        yield return Case("Generation.Steps", valid with { Generation = new() { Steps = 0 } });
        yield return Case("Generation.Steps", valid with { Generation = new() { Steps = int.MaxValue } });
        yield return Case("Generation.BatchSize", valid with { Generation = new() { BatchSize = 0 } });
        yield return Case("Generation.BatchSize", valid with { Generation = new() { BatchSize = int.MaxValue } });
        yield return Case("Generation.OmegaScale", valid with { Generation = new() { OmegaScale = double.NaN } });
        yield return Case("Generation.SampleRate", valid with { Generation = new() { SampleRate = 22050 } });
        yield return Case("Generation.Scheduler", valid with { Generation = new() { Scheduler = (SchedulerKind)9 } });
        yield return Case("Generation.OwnSteps", valid with { Generation = new() { OwnSteps = [3, 2] } });
        yield return Case("Generation.OwnSteps", valid with { Generation = new() { OwnSteps = [0] } });
        yield return Case("Generation.OwnSteps", valid with { Generation = new() { OwnSteps = [1, 2], Scheduler = SchedulerKind.Heun } });
        yield return Case("Generation.OwnSteps", inpainting with { Generation = new() { OwnSteps = [1, 2] } });
        yield return Case("Generation.OwnSteps", transfer with { Generation = new() { OwnSteps = [1, 2] } });
        yield return Case("Guidance.Kind", valid with { Guidance = new() { Kind = (GuidanceKind)9 } });
        yield return Case("Guidance.Scale", valid with { Guidance = new() { Scale = -1 } });
        yield return Case("Guidance.Scale", valid with { Guidance = new() { Scale = double.PositiveInfinity } });
        yield return Case("Guidance.Interval", valid with { Guidance = new() { Interval = 1.01 } });
        yield return Case("Guidance.IntervalDecay", valid with { Guidance = new() { IntervalDecay = double.NaN } });
        yield return Case("Guidance.TextScale", valid with { Guidance = new() { TextScale = 5 } });
        yield return Case("Guidance.TextScale", valid with { Guidance = new() { LyricScale = 5 } });
        yield return Case("Guidance.TextScale", valid with { Guidance = new() { TextScale = 5, LyricScale = 1 } });
        yield return Case("Duration", valid with { Duration = TimeSpan.Zero });
        yield return Case("Duration", valid with { Duration = TimeSpan.FromMilliseconds(92) });
        yield return Case("Duration", valid with { Duration = TimeSpan.FromSeconds(240.1) });
        yield return Case("Duration", valid with { Duration = TimeSpan.MinValue });
        yield return Case("Prompt", valid with { Prompt = new string('a', (1 << 20) + 1) });
        yield return Case("Prompt", valid with { Prompt = null! });
        yield return Case("Lyrics", valid with { Lyrics = new string('a', (1 << 20) + 1) });
        yield return Case("Seed", valid with { Seed = -1 });
        yield return Case("Seed", valid with { Seed = [1, 2] });
        yield return Case("Seed", valid with { Seed = null! });
        yield return Case("Generation", valid with { Generation = null! });
        yield return Case("Guidance", valid with { Guidance = null! });
        yield return Case("VariationSeed", new VariationRequest { VariationSeed = -1 });
        yield return Case("Strength", new VariationRequest { Strength = 1.5 });
        yield return Case("Strength", new AudioToAudioRequest { Source = Source, Strength = -0.1 });
        yield return Case("Source", new AudioToAudioRequest { Source = null! });
        yield return Case("After", continuation with { After = TimeSpan.Zero });
        yield return Case("After", continuation with { After = TimeSpan.FromSeconds(-1) });
        yield return Case("After", continuation with { After = TimeSpan.FromSeconds(240) });
        yield return Case("Before", continuation with { Before = TimeSpan.FromSeconds(241) });
        yield return Case("End", inpainting with { Start = TimeSpan.FromSeconds(1) });
        yield return Case("End", inpainting with { Start = TimeSpan.FromSeconds(2) });
        yield return Case("End", inpainting with { Start = TimeSpan.FromSeconds(0.95) });
        yield return Case("Start", inpainting with { Start = TimeSpan.FromSeconds(-1) });
        yield return Case("SourceBlend", inpainting with { SourceBlend = (SourceBlend)9 });
        yield return Case("To", transfer with { From = 0.5, To = 0.4 });
        yield return Case("From", transfer with { From = double.NaN });
        yield return Case("Average", transfer with { Average = 0 });
        yield return Case("GuidanceScale", transfer with { GuidanceScale = -1 });
        yield return Case("Style", new AccompanimentRequest { Vocals = Source, Style = (AccompanimentStyle)9 });

        static TestCaseData Case(string field, MusicRequest request) => new TestCaseData(field, request).SetArgDisplayNames(field, request.GetType().Name);
    }

    [TestCaseSource(nameof(Invalid))]
    public void Validate_BrokenRule_NamesTheField(string field, MusicRequest request)
    {
        var error = Assert.Throws<InvalidRequestException>(() => MusicPipeline.Validate(request));

        Assert.That(error.Field, Is.EqualTo(field));
        Assert.That(error.Message, Does.StartWith(field + ": ").And.Contain("must").Or.Contain("cannot").Or.Contain("are for"));
    }

    [Test]
    public void Validate_Defaults_AreValid()
    {
        Assert.DoesNotThrow(() => MusicPipeline.Validate(new TextToMusicRequest()));
        Assert.DoesNotThrow(() => MusicPipeline.Validate(new VariationRequest()));
        Assert.DoesNotThrow(() => MusicPipeline.Validate(new AudioToAudioRequest { Source = Source }));
        Assert.DoesNotThrow(() => MusicPipeline.Validate(new ContinuationRequest { Source = Source, After = TimeSpan.FromSeconds(5) }));
        Assert.DoesNotThrow(() => MusicPipeline.Validate(new InpaintingRequest { Source = Source, End = TimeSpan.FromSeconds(5) }));
        Assert.DoesNotThrow(() => MusicPipeline.Validate(new StyleTransferRequest { Source = Source }));
        Assert.DoesNotThrow(() => MusicPipeline.Validate(new AccompanimentRequest { Vocals = Source }));
    }

    [Test]
    public void Capabilities_NumericField_RefusesBeyondItsBoundsAndTakesThem([Values] MusicTask task)
    {
        foreach (FieldCapability field in MusicPipeline.Capabilities[task].Fields.Where(field => field.Number is not null && field.Unit != "characters"))
        {
            double step = field.IsInteger ? 1 : 1e-3;
            foreach ((double? bound, double beyond) in new[] { (field.Minimum, (field.Minimum ?? 0) - step), (field.Maximum, (field.Maximum ?? 0) + step) })
            {
                if (bound is not null)
                {
                    FieldCapability atBound = field with { Number = _ => bound.Value };
                    FieldCapability outside = field with { Number = _ => beyond };
                    Assert.DoesNotThrow(() => atBound.Check(new TextToMusicRequest()), field.Name);
                    Assert.Throws<InvalidRequestException>(() => outside.Check(new TextToMusicRequest()), field.Name);
                }
            }
        }
    }

    [Test]
    public void Capabilities_EveryPropertyOfARequest_HasItsRow([Values] MusicTask task)
    {
        Type request = typeof(MusicRequest).Assembly.GetTypes()
            .Where(type => type.IsSubclassOf(typeof(MusicRequest)) && !type.IsAbstract)
            .Single(type => ((MusicRequest)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type)).Task == task);
        string[] properties =
        [
            .. request.GetProperties()
                .Where(property => property.CanWrite)
                .SelectMany(property => property.PropertyType == typeof(GenerationSettings) || property.PropertyType == typeof(GuidanceSettings)
                    ? property.PropertyType.GetProperties().Where(inner => inner.CanWrite).Select(inner => $"{property.Name}.{inner.Name}")
                    : [property.Name]),
        ];

        Assert.That(MusicPipeline.Capabilities[task].Fields.Select(field => field.Name), Is.EquivalentTo(properties));
    }
}
