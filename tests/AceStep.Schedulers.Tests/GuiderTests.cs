using System.Globalization;
using System.Text.RegularExpressions;
using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Schedulers.Tests;

public sealed partial class GuiderTests
{
    private const double Tolerance = 1e-6;

    private static string RecordedPath => ReferenceData.PathOf("guidance", "guidance.safetensors");

    private static IEnumerable<string> Groups()
    {
        if (!File.Exists(RecordedPath))
        {
            return [];
        }

        using SafetensorsFile file = SafetensorsFile.Open(RecordedPath);
        return [.. file.Names.Select(name => ConditionalName().Match(name)).Where(match => match.Success).Select(match => match.Groups["group"].Value).Distinct()];
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Groups_OfTheReferences_AreFound() => ReferenceData.RequireCases(Groups(), "guidance", "guidance.safetensors");

    [TestCaseSource(nameof(Groups))]
    [Category(ReferenceData.Category)]
    public void Apg_OneBufferOverTheSteps_EqualsTheOriginal(string group)
    {
        double scale = Noted("apg");
        using MomentumBuffer momentum = new();
        ForEachStep(group, "apg", (i, conditional, unconditional, _) => Guider.Apg(conditional, unconditional, scale - i, momentum), kept: 1);
    }

    [TestCaseSource(nameof(Groups))]
    [Category(ReferenceData.Category)]
    public void Apg_NoBuffer_EqualsTheOriginal(string group)
    {
        double scale = Noted("plain");
        ForEachStep(group, "apg_nomomentum", (_, conditional, unconditional, _) => Guider.Apg(conditional, unconditional, scale));
    }

    [TestCaseSource(nameof(Groups))]
    [Category(ReferenceData.Category)]
    public void Cfg_AnyScale_EqualsTheOriginal(string group)
    {
        double scale = Noted("cfg");
        ForEachStep(group, "cfg", (i, conditional, unconditional, _) => Guider.Cfg(conditional, unconditional, scale + i));
    }

    [TestCaseSource(nameof(Groups))]
    [Category(ReferenceData.Category)]
    public void CfgStar_FromTheSecondEvaluation_EqualsTheOriginal(string group)
    {
        double scale = Noted("star");
        int first = (int)Noted("first");
        ForEachStep(group, "cfg_star", (i, conditional, unconditional, _) => Guider.CfgStar(conditional, unconditional, scale, i + first));
    }

    [TestCaseSource(nameof(Groups))]
    [Category(ReferenceData.Category)]
    public void DoubleCondition_TextAndLyricScale_EqualsTheOriginal(string group)
    {
        (double text, double lyric) = (Noted("text"), Noted("lyric"));
        ForEachStep(group, "double", (_, conditional, unconditional, textOnly) => Guider.DoubleCondition(conditional, unconditional, textOnly, text, lyric));
    }

    [Test]
    public void Apg_EqualPredictions_GivesThem()
    {
        using var scope = NewDisposeScope();
        using Generator generator = new(3);
        Tensor prediction = Noise.Draw([generator], [2, 4, 5]);

        TensorAssert.BitEqual(Guider.Apg(prediction, prediction, 15), prediction, "guided");
    }

    [Test]
    public void Apg_ParallelPredictions_AddsNothingAtAnyScale()
    {
        using var scope = NewDisposeScope();
        using Generator generator = new(3);
        Tensor conditional = Noise.Draw([generator], [2, 4, 5]).Over(16);

        // In float32 the projection would leave 1e-7 of the difference, which the scale makes 0.1.
        TensorAssert.Close(Guider.Apg(conditional, conditional.Times(0.5), 1e6), conditional, Tolerance, "guided");
    }

    [Test]
    public void Apg_SilentConditional_AddsTheBoundedDifference()
    {
        using var scope = NewDisposeScope();
        Tensor conditional = zeros(1, 1, 1, 2);
        Tensor unconditional = tensor(new[] { -6f, -8 }).reshape(1, 1, 1, 2);

        // The difference (6, 8) has length 10 and is cut to 2.5; there is no direction to take out.
        TensorAssert.Close(Guider.Apg(conditional, unconditional, 3), tensor(new[] { 3f, 4 }).reshape(1, 1, 1, 2), 1e-6, "guided");
    }

    [Test]
    public void Apg_ManyStepsOfOneBuffer_KeepOneTensor()
    {
        using Tensor conditional = ones(1, 1, 2, 3);
        using Tensor unconditional = zeros(1, 1, 2, 3);
        long live = LiveTensors.Count();
        using (MomentumBuffer momentum = new())
        {
            for (int step = 0; step < 3; step++)
            {
                Guider.Apg(conditional, unconditional, 15, momentum).Dispose();
            }

            LiveTensors.AssertCount(live + 1);
        }

        LiveTensors.AssertCount(live);
    }

    [TestCase(0)]
    [TestCase(1)]
    public void CfgStar_FirstTwoEvaluations_IsZero(int evaluation)
    {
        using var scope = NewDisposeScope();
        Tensor prediction = ones(2, 1, 2, 3);

        TensorAssert.BitEqual(Guider.CfgStar(prediction, prediction, 4, evaluation), zeros(2, 1, 2, 3), "guided");
    }

    [TestCase(0, false)]
    [TestCase(1, false)]
    [TestCase(0.5, true)]
    [TestCase(15, true)]
    public void IsOn_Scale_IsOffAtZeroAndOne(double scale, bool expected)
        => Assert.That(Guider.IsOn(scale), Is.EqualTo(expected));

    [Test]
    public void Guidance_BFloat16Predictions_GiveBFloat16()
    {
        using var scope = NewDisposeScope();
        using MomentumBuffer momentum = new();
        Tensor one = ones(2, 1, 2, 3, dtype: ScalarType.BFloat16);
        Tensor two = one.Plus(one);

        Tensor[] guided =
        [
            Guider.Apg(one, two, 15, momentum),
            Guider.Apg(one, two, 15, momentum),
            Guider.Cfg(one, two, 5),
            Guider.CfgStar(one, two, 4, 2),
            Guider.DoubleCondition(one, two, two, 5, 1.5),
        ];

        Assert.That(guided.Select(tensor => tensor.dtype), Is.All.EqualTo(ScalarType.BFloat16));
    }

    [Test]
    public void Guidance_OtherShape_Throws()
    {
        using Tensor conditional = ones(2, 1, 2, 3);
        using Tensor other = ones(1, 1, 2, 3);

        Assert.Multiple(() =>
        {
            Assert.That(() => Guider.Apg(conditional, other, 15), Throws.ArgumentException.With.Message.Contains("unconditional is [1, 1, 2, 3]"));
            Assert.That(() => Guider.Cfg(conditional, other, 15), Throws.ArgumentException);
            Assert.That(() => Guider.CfgStar(conditional, other, 15, 0), Throws.ArgumentException);
            Assert.That(() => Guider.DoubleCondition(conditional, other, conditional, 5, 5), Throws.ArgumentException.With.Message.Contains("unconditional"));
            Assert.That(() => Guider.DoubleCondition(conditional, conditional, other, 5, 5), Throws.ArgumentException.With.Message.Contains("textOnly"));
        });
    }

    /// <summary>A scale that the file says its results were recorded with.</summary>
    private static double Noted(string name)
    {
        using SafetensorsFile file = SafetensorsFile.Open(RecordedPath);
        Match match = ScaleNote().Match(file.Metadata["note"]);
        Assert.That(match.Success, Is.True, file.Metadata["note"]);
        return double.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture);
    }

    private static void ForEachStep(string group, string result, Func<int, Tensor, Tensor, Tensor, Tensor> guide, int kept = 0)
    {
        long live = LiveTensors.Count();
        using (SafetensorsFile file = SafetensorsFile.Open(RecordedPath))
        {
            int steps = 0;
            for (; file.Entries.ContainsKey($"{group}_{result}{steps}"); steps++)
            {
                using Tensor conditional = file.Read($"{group}_cond{steps}");
                using Tensor unconditional = file.Read($"{group}_uncond{steps}");
                using Tensor textOnly = file.Read($"{group}_only_text{steps}");
                using Tensor expected = file.Read($"{group}_{result}{steps}");
                using Tensor guided = guide(steps, conditional, unconditional, textOnly);
                TensorAssert.Close(guided, expected, Tolerance, string.Create(CultureInfo.InvariantCulture, $"{result}{steps}"));
            }

            Assert.That(steps, Is.Positive, $"recorded steps of {result}");
        }

        // What the caller's momentum buffer keeps.
        LiveTensors.AssertCount(live + kept);
    }

    [GeneratedRegex(@"^(?<group>.+)_cond0$")]
    private static partial Regex ConditionalName();

    [GeneratedRegex(
        @"apg<i>: scale (?<apg>[\d.]+) - i.*apg_nomomentum: scale (?<plain>[\d.]+).*cfg<i>: (?<cfg>[\d.]+) \+ i.*" +
        @"cfg_star<i>: scale (?<star>[\d.]+) at loop index i \+ (?<first>\d+).*double: text (?<text>[\d.]+), lyric (?<lyric>[\d.]+)")]
    private static partial Regex ScaleNote();
}
