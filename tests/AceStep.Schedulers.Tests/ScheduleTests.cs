using System.Text.Json;

namespace AceStep.Schedulers.Tests;

public sealed class ScheduleTests
{
    /// <summary>One entry of schedulers/schedules.json.</summary>
    public sealed record RecordedSchedule(SchedulerKind Kind, int Steps, double SigmaMaxArgument, int[]? OwnSteps, JsonElement Values)
    {
        public float[] Floats(string name) => [.. Values.GetProperty(name).EnumerateArray().Select(value => value.GetSingle())];

        public override string ToString()
            => OwnSteps is null ? $"{Kind}, {Steps} steps, sigma_max {SigmaMaxArgument}" : $"{Kind}, own steps {string.Join(' ', OwnSteps)}";
    }

    private static IEnumerable<RecordedSchedule> Even() => Recorded("schedules", entry => new RecordedSchedule(
        Kind(entry), entry.GetProperty("steps").GetInt32(), entry.GetProperty("sigma_max_argument").GetDouble(), null, entry));

    private static IEnumerable<RecordedSchedule> Own() => Recorded("own_steps", entry => new RecordedSchedule(
        Kind(entry), 0, 1, [.. entry.GetProperty("own_steps").EnumerateArray().Select(step => step.GetInt32())], entry));

    [Test]
    [Category(ReferenceData.Category)]
    public void Schedules_OfTheReferences_AreFound()
    {
        ReferenceData.RequireCases(Even(), "schedulers", "schedules.json");
        ReferenceData.RequireCases(Own(), "schedulers", "schedules.json");
    }

    [TestCaseSource(nameof(Even))]
    [Category(ReferenceData.Category)]
    public void Create_EvenSteps_EqualsTheOriginal(RecordedSchedule recorded)
    {
        Schedule schedule = Schedule.Create(recorded.Kind, recorded.Steps, recorded.SigmaMaxArgument);

        Assert.Multiple(() =>
        {
            Assert.That(schedule.Kind, Is.EqualTo(recorded.Kind));
            Assert.That(schedule.Steps, Is.EqualTo(recorded.Values.GetProperty("count").GetInt32()));
            Assert.That(schedule.Evaluations, Is.EqualTo(recorded.Values.GetProperty("timesteps").GetArrayLength()));
            Assert.That(schedule.SigmaMax, Is.EqualTo(recorded.Values.GetProperty("sigma_max").GetSingle()));
            Assert.That(schedule.SigmaMin, Is.EqualTo(recorded.Values.GetProperty("sigma_min").GetSingle()));
            Assert.That(schedule.Timesteps, Is.EqualTo(recorded.Floats("timesteps")).Within(1).Ulps);
            Assert.That(schedule.Sigmas, Is.EqualTo(recorded.Floats("sigmas")).Within(1).Ulps);
        });
    }

    [TestCaseSource(nameof(Own))]
    [Category(ReferenceData.Category)]
    public void Create_OwnSteps_EqualsTheOriginal(RecordedSchedule recorded)
    {
        if (recorded.Values.TryGetProperty("error", out _))
        {
            Assert.That(() => Schedule.Create(recorded.Kind, 1, ownSteps: recorded.OwnSteps), Throws.ArgumentException.With.Message.Contains("own steps"));
            return;
        }

        Schedule schedule = Schedule.Create(recorded.Kind, 1, ownSteps: recorded.OwnSteps);

        Assert.Multiple(() =>
        {
            Assert.That(schedule.Steps, Is.EqualTo(recorded.OwnSteps!.Length));
            Assert.That(schedule.Timesteps, Is.EqualTo(recorded.Floats("timesteps")).Within(1).Ulps);
            Assert.That(schedule.Sigmas, Is.EqualTo(recorded.Floats("sigmas")).Within(1).Ulps);
        });
    }

    [TestCaseSource(nameof(Even))]
    [Category(ReferenceData.Category)]
    public void NoiseLevel_AnyEvaluation_IsTheTimestepOverAThousand(RecordedSchedule recorded)
    {
        Schedule schedule = Schedule.Create(recorded.Kind, recorded.Steps, recorded.SigmaMaxArgument);

        float[] levels = [.. Enumerable.Range(0, schedule.Evaluations + 1).Select(schedule.NoiseLevel)];

        Assert.That(levels, Is.EqualTo((float[])[.. recorded.Floats("timesteps").Select(timestep => timestep / 1000f), 0f]).Within(1).Ulps);
    }

    [Test]
    public void Create_SigmaMaxAHairBelowAFifth_IsNotCutToThousandths()
    {
        // What 1 - 0.8 is in float64. Shifted, 0.2 is 3/7 and 0.199 would be 0.427.
        Schedule schedule = Schedule.Create(SchedulerKind.Euler, 3, 1 - 0.8);

        Assert.That(schedule.SigmaMax, Is.EqualTo(3f / 7).Within(1).Ulps);
    }

    [Test]
    public void Create_EmptyOwnSteps_TakesAllSteps()
    {
        Schedule schedule = Schedule.Create(SchedulerKind.Heun, 4, ownSteps: []);

        Assert.That(schedule.Evaluations, Is.EqualTo(7));
    }

    [TestCase(0)]
    [TestCase(-1)]
    [TestCase(int.MaxValue)]
    public void Create_StepsOutOfRange_Throws(int steps)
        => Assert.That(
            () => Schedule.Create(SchedulerKind.Euler, steps),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("steps").And.Message.Contains("between 1 and"));

    [TestCase(0)]
    [TestCase(-0.1)]
    [TestCase(1.0000001)]
    [TestCase(double.NaN)]
    [TestCase(double.PositiveInfinity)]
    public void Create_SigmaMaxOutOfRange_Throws(double sigmaMax)
        => Assert.That(
            () => Schedule.Create(SchedulerKind.Euler, 8, sigmaMax),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("sigmaMax").And.Message.Contains("above 0 and at most 1"));

    [TestCase(new[] { 0, 3 }, "between 1 and")]
    [TestCase(new[] { 2, 2 }, "2 follows 2")]
    [TestCase(new[] { 4, 1 }, "1 follows 4")]
    [TestCase(new[] { 1, int.MaxValue }, "between 1 and")]
    public void Create_OwnStepsThatDoNotRise_Throws(int[] ownSteps, string message)
        => Assert.That(
            () => Schedule.Create(SchedulerKind.Euler, 8, ownSteps: ownSteps),
            Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo("ownSteps").And.Message.Contains(message));

    [Test]
    public void Create_UnknownScheduler_Throws()
        => Assert.That(() => Schedule.Create((SchedulerKind)3, 8), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("one of Euler, Heun, PingPong"));

    [Test]
    public void Create_MostSteps_IsASchedule()
    {
        Schedule schedule = Schedule.Create(SchedulerKind.Euler, Schedule.MaximumSteps);

        Assert.That(schedule.Steps, Is.EqualTo(Schedule.MaximumSteps));
        Assert.That(schedule.Sigmas[^2], Is.EqualTo(Schedule.Create(SchedulerKind.Euler, 2).Sigmas[1]), "the smallest");
    }

    [TestCase(-1)]
    [TestCase(9)]
    public void NoiseLevel_NoSuchEvaluation_Throws(int evaluation)
        => Assert.That(
            () => Schedule.Create(SchedulerKind.Euler, 8).NoiseLevel(evaluation),
            Throws.InstanceOf<ArgumentOutOfRangeException>());

    private static IEnumerable<RecordedSchedule> Recorded(string list, Func<JsonElement, RecordedSchedule> read)
    {
        string path = ReferenceData.PathOf("schedulers", "schedules.json");
        if (!File.Exists(path))
        {
            return [];
        }

        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        return [.. document.RootElement.GetProperty(list).EnumerateArray().Select(entry => read(entry.Clone()))];
    }

    private static SchedulerKind Kind(JsonElement entry)
        => Enum.Parse<SchedulerKind>(entry.GetProperty("scheduler").GetString()!, ignoreCase: true);
}
