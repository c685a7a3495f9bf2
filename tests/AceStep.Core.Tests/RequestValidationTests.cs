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
    public void Schema_NumericField_RefusesBeyondItsBoundsAndTakesThem([Values] MusicTask task)
    {
        foreach (RequestField field in RequestSchema.Of(task).Fields.Where(field => field.Kind is FieldKind.Number or FieldKind.WholeNumber or FieldKind.Seconds && field.Choices.Count == 0))
        {
            double step = field.Kind == FieldKind.WholeNumber ? 1 : 1e-3;
            foreach ((double? bound, double direction) in new[] { (field.Capability.Minimum, -1.0), (field.Capability.Maximum, 1.0) })
            {
                if (bound is { } value)
                {
                    Assert.DoesNotThrow(() => field.CheckValue(ValueOf(field, value)), field.Name);
                    Assert.Throws<InvalidRequestException>(() => field.CheckValue(ValueOf(field, value + (direction * step))), field.Name);
                }
            }
        }

        static object ValueOf(RequestField field, double value) => field.Kind switch
        {
            FieldKind.WholeNumber => (int)value,
            FieldKind.Seconds => TimeSpan.FromSeconds(value),
            _ => value,
        };
    }

    [Test]
    public void Schema_EverySettableProperty_IsAFieldWithAMeaning([Values] MusicTask task)
    {
        RequestSchema schema = RequestSchema.Of(task);
        string[] properties =
        [
            .. schema.Create(Required(schema)).GetType().GetProperties()
                .Where(property => property.CanWrite)
                .SelectMany(property => property.PropertyType == typeof(GenerationSettings) || property.PropertyType == typeof(GuidanceSettings)
                    ? property.PropertyType.GetProperties().Where(inner => inner.CanWrite).Select(inner => $"{property.Name}.{inner.Name}")
                    : [property.Name]),
        ];

        Assert.That(schema.Fields.Select(field => field.Name), Is.EquivalentTo(properties));
        Assert.That(schema.Fields.Select(field => field.Option), Is.Unique);
        Assert.That(schema.Fields.Select(field => field.Capability.Description), Has.All.Not.Empty);
    }

    [Test]
    public void Schema_OfARequestWithoutValues_HasTheDefaultsOfTheRecord()
    {
        var request = (TextToMusicRequest)RequestSchema.Of(MusicTask.TextToMusic).Create(new Dictionary<string, object>());

        Assert.That(request, Is.EqualTo(new TextToMusicRequest()));
        Assert.That(RequestSchema.Of(MusicTask.Inpainting)["Strength"].Default, Is.EqualTo(new InpaintingRequest { Source = Source, End = TimeSpan.Zero }.Strength));
    }

    [Test]
    public void Schema_OfEveryField_ReadsWhatItWrote([Values] MusicTask task)
    {
        RequestSchema schema = RequestSchema.Of(task);
        Dictionary<string, object> values = schema.Fields.ToDictionary(field => field.Name, Other);

        MusicRequest request = schema.Create(values);

        foreach (RequestField field in schema.Fields)
        {
            Assert.That(field.Read(request), Is.EqualTo(values[field.Name]), field.Name);
        }

        Assert.That(new TextToMusicRequest().Generation.Steps, Is.EqualTo(60), "what is written reaches no other request");

        static object Other(RequestField field) => field.Kind switch
        {
            FieldKind.Text => "other",
            FieldKind.Number => 0.25,
            FieldKind.WholeNumber => 7,
            FieldKind.WholeNumbers => new[] { 1, 3 },
            FieldKind.Seconds => TimeSpan.FromSeconds(3),
            FieldKind.Flag => !(bool)field.Default!,
            FieldKind.Choice => field.Choices[^1].Value,
            FieldKind.Seeds => (Seeds)9,
            _ => Source,
        };
    }

    [Test]
    public void Schema_WithoutARequiredField_NamesIt() =>
        Assert.That(
            () => RequestSchema.Of(MusicTask.Inpainting).Create(new Dictionary<string, object> { ["Source"] = Source }),
            Throws.TypeOf<InvalidRequestException>().With.Property("Field").EqualTo("End"));

    [Test]
    public void Schema_WithAnUnknownField_NamesIt() =>
        Assert.That(
            () => RequestSchema.Of(MusicTask.TextToMusic).Create(new Dictionary<string, object> { ["Tempo"] = 110 }),
            Throws.TypeOf<InvalidRequestException>().With.Property("Field").EqualTo("Tempo"));

    [Test]
    public void Schema_WithAValueOfAnotherType_SaysWhichFieldHoldsWhat() =>
        Assert.That(
            () => RequestSchema.Of(MusicTask.TextToMusic).Create(new Dictionary<string, object> { ["Generation.Steps"] = "many" }),
            Throws.ArgumentException.With.Message.Contains("Generation.Steps").And.Message.Contains("Int32"));

    private static Dictionary<string, object> Required(RequestSchema schema) => schema.Fields
        .Where(field => field.IsRequired)
        .ToDictionary(field => field.Name, field => field.Kind == FieldKind.Source ? (object)Source : TimeSpan.FromSeconds(1));
}
