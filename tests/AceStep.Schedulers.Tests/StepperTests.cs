using System.Globalization;
using System.Text.RegularExpressions;
using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Schedulers.Tests;

public sealed partial class StepperTests
{
    // Each step is recorded, so nothing accumulates but one mean's order of summation.
    private const double Tolerance = 1e-6;

    /// <summary>One run of schedulers/steps-*: the latents go in as <c>prefix_x</c>, predictions as <c>prefix_v0</c> and so on.</summary>
    public sealed record RecordedRun(SchedulerKind Kind, string Prefix, double Omega, int Steps)
    {
        public string Path => ReferenceData.PathOf("schedulers", FileName(Kind));

        public static string FileName(SchedulerKind kind) => $"steps-{kind.ToString().ToLowerInvariant()}.safetensors";

        public override string ToString() => $"{Kind}, {Prefix}";
    }

    private static IEnumerable<RecordedRun> Runs()
    {
        foreach (SchedulerKind kind in Enum.GetValues<SchedulerKind>())
        {
            RecordedRun template = new(kind, "", 0, 0);
            if (!File.Exists(template.Path))
            {
                continue;
            }

            using SafetensorsFile file = SafetensorsFile.Open(template.Path);
            foreach (Match match in file.Names.Select(name => StartName().Match(name)).Where(match => match.Success))
            {
                yield return template with
                {
                    Prefix = match.Groups["prefix"].Value,
                    Omega = double.Parse(match.Groups["omega"].Value, CultureInfo.InvariantCulture),
                    Steps = int.Parse(match.Groups["steps"].Value, CultureInfo.InvariantCulture),
                };
            }
        }
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Runs_OfEachScheduler_AreFound([Values] SchedulerKind kind)
        => ReferenceData.RequireCases(Runs().Where(run => run.Kind == kind), "schedulers", RecordedRun.FileName(kind));

    [TestCaseSource(nameof(Runs))]
    [Category(ReferenceData.Category)]
    public void Step_RecordedPredictions_GivesTheOriginalsLatents(RecordedRun run)
    {
        long live = LiveTensors.Count();
        Schedule schedule = Schedule.Create(run.Kind, run.Steps);
        using (SafetensorsFile file = SafetensorsFile.Open(run.Path))
        using (Generator generator = new(ulong.Parse(SeedNote().Match(file.Metadata["note"]).Groups["seed"].Value, CultureInfo.InvariantCulture)))
        using (Stepper stepper = Stepper.Create(schedule, run.Omega, generator))
        {
            Tensor latents = file.Read($"{run.Prefix}_x");
            for (int i = 0; i < schedule.Evaluations; i++)
            {
                using Tensor prediction = file.Read($"{run.Prefix}_v{i}");
                using Tensor expected = file.Read($"{run.Prefix}_x{i}");
                Tensor next = stepper.Step(i, latents, prediction);
                TensorAssert.Close(next, expected, Tolerance, $"x{i}");
                latents.Dispose();
                latents = next;
            }

            latents.Dispose();
        }

        LiveTensors.AssertCount(live);
    }

    [TestCase(SchedulerKind.Euler)]
    [TestCase(SchedulerKind.Heun)]
    [TestCase(SchedulerKind.PingPong)]
    public void Step_BFloat16Prediction_GivesBFloat16(SchedulerKind kind)
    {
        using var scope = NewDisposeScope();
        using Generator generator = new(1);
        using Stepper stepper = Stepper.Create(Schedule.Create(kind, 3), noise: generator);
        Tensor latents = Noise.Draw([generator], [2, 4, 5]).to(bfloat16);

        Assert.That(stepper.Step(0, latents, latents).dtype, Is.EqualTo(ScalarType.BFloat16));
    }

    [Test]
    public void Step_PingPongChannelsLast_DrawsOneByOneInThatOrder()
    {
        using var scope = NewDisposeScope();
        using Generator generator = new(42);
        using Generator same = new(42);
        Schedule schedule = Schedule.Create(SchedulerKind.PingPong, 2);
        using Stepper stepper = Stepper.Create(schedule, noise: generator, noiseLayout: NoiseLayout.ChannelsLast);
        Tensor latents = zeros(2, 3, 4, 5);
        // libtorch draws singly what is not contiguous, or shorter than 16 values.
        Tensor singly = cat([.. Enumerable.Range(0, 2 * 3 * 4 * 5).Select(_ => empty(1).normal_(0, 1, same))]);
        Tensor expected = singly.reshape(2, 4, 5, 3).permute(0, 3, 1, 2).Times(schedule.Sigmas[1]);

        Tensor next = stepper.Step(0, latents, latents);

        TensorAssert.BitEqual(next, expected, "next");
    }

    [Test]
    public void Step_PingPongLast_DrawsThoughItsNoiseWeighsNothing()
    {
        using var scope = NewDisposeScope();
        using Generator generator = new(42);
        using Generator same = new(42);
        using Stepper stepper = Stepper.Create(Schedule.Create(SchedulerKind.PingPong, 1), noise: generator);
        long[] shape = [1, 2, 3, 4];

        stepper.Step(0, zeros(shape), zeros(shape));

        Noise.DrawBatch(same, shape, NoiseLayout.Contiguous);
        TensorAssert.BitEqual(Noise.Draw([generator], shape[1..]), Noise.Draw([same], shape[1..]), "the draw after it");
    }

    [Test]
    public void Step_HeunLeftAfterAPrediction_DisposesWhatItKept()
    {
        long live = LiveTensors.Count();
        using (var scope = NewDisposeScope())
        using (Stepper stepper = Stepper.Create(Schedule.Create(SchedulerKind.Heun, 3)))
        {
            Tensor latents = ones(1, 2, 3, 4);
            stepper.Step(0, latents, latents);
            stepper.Step(2, latents, latents);
        }

        LiveTensors.AssertCount(live);
    }

    [Test]
    public void Step_HeunCorrectionWithoutPrediction_Throws()
    {
        using Stepper stepper = Stepper.Create(Schedule.Create(SchedulerKind.Heun, 3));
        using Tensor latents = ones(1, 2, 3, 4);

        Assert.That(() => stepper.Step(1, latents, latents), Throws.InvalidOperationException.With.Message.Contains("Evaluation 1").And.Message.Contains("that evaluation 0 predicts"));
    }

    [Test]
    public void Step_HeunCorrectionTwice_Throws()
    {
        using var scope = NewDisposeScope();
        using Stepper stepper = Stepper.Create(Schedule.Create(SchedulerKind.Heun, 3));
        Tensor latents = ones(1, 2, 3, 4);
        stepper.Step(0, latents, latents);
        stepper.Step(1, latents, latents);

        Assert.That(() => stepper.Step(1, latents, latents), Throws.InvalidOperationException);
    }

    [TestCase(-1)]
    [TestCase(3)]
    public void Step_NoSuchEvaluation_Throws(int evaluation)
    {
        using Stepper stepper = Stepper.Create(Schedule.Create(SchedulerKind.Euler, 3));
        using Tensor latents = ones(1, 2, 3, 4);

        Assert.That(() => stepper.Step(evaluation, latents, latents), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Step_OtherShape_Throws()
    {
        using Stepper stepper = Stepper.Create(Schedule.Create(SchedulerKind.Euler, 3));
        using Tensor latents = ones(2, 2, 3, 4);
        using Tensor prediction = ones(1, 2, 3, 4);

        Assert.That(
            () => stepper.Step(0, latents, prediction),
            Throws.ArgumentException.With.Message.Contains("prediction is [1, 2, 3, 4]").And.Message.Contains("latents, [2, 2, 3, 4]"));
    }

    [TestCase(double.NaN)]
    [TestCase(double.NegativeInfinity)]
    public void Create_OmegaNotFinite_Throws(double omega)
        => Assert.That(
            () => Stepper.Create(Schedule.Create(SchedulerKind.Euler, 3), omega),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("omega").And.Message.Contains("finite number"));

    [Test]
    public void Create_WithoutSchedule_Throws()
        => Assert.That(() => Stepper.Create(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("schedule"));

    [Test]
    public void Create_PingPongWithoutGenerator_Throws()
        => Assert.That(
            () => Stepper.Create(Schedule.Create(SchedulerKind.PingPong, 3)),
            Throws.ArgumentNullException.With.Property("ParamName").EqualTo("noise"));

    [Test]
    public void EulerStep_TwoLevels_MovesByTheirDifference()
    {
        using var scope = NewDisposeScope();
        Tensor latents = tensor(new[] { 1f, 2, 3, 4 }).reshape(1, 1, 2, 2);
        Tensor derivative = tensor(new[] { 4f, 0, -4, 8 }).reshape(1, 1, 2, 2);

        Tensor next = EulerStep.Apply(latents, derivative, level: 0.75f, nextLevel: 0.5f);

        TensorAssert.BitEqual(next, tensor(new[] { 0f, 2, 4, 2 }).reshape(1, 1, 2, 2), "next");
    }

    [Test]
    public void EulerStep_OtherShape_Throws()
    {
        using Tensor latents = ones(2, 2, 3, 4);
        using Tensor derivative = ones(1, 2, 3, 4);

        Assert.That(() => EulerStep.Apply(latents, derivative, 1, 0), Throws.ArgumentException.With.Message.Contains("derivative is [1, 2, 3, 4]"));
    }

    [GeneratedRegex(@"^(?<prefix>omega(?<omega>-?[\d.]+)_n(?<steps>\d+))_x$")]
    private static partial Regex StartName();

    [GeneratedRegex(@"pingpong draws from a generator of seed (?<seed>\d+)")]
    private static partial Regex SeedNote();
}
