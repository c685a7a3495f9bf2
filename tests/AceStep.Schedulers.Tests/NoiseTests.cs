using System.Globalization;
using System.Text.RegularExpressions;
using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Schedulers.Tests;

public sealed partial class NoiseTests
{
    private static string RecordedPath => ReferenceData.PathOf("noise", "randn.safetensors");

    private static IEnumerable<string> Seeds()
    {
        if (!File.Exists(RecordedPath))
        {
            return [];
        }

        using SafetensorsFile file = SafetensorsFile.Open(RecordedPath);
        return [.. file.Names.Where(name => name.EndsWith("_first", StringComparison.Ordinal)).Select(name => name[..^"_first".Length])];
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Seeds_OfTheReferences_AreFound() => ReferenceData.RequireCases(Seeds(), "noise", "randn.safetensors");

    [TestCaseSource(nameof(Seeds))]
    [Category(ReferenceData.Category)]
    public void Draw_ThreeTimesFromOneGenerator_EqualsTheOriginalBitForBit(string seedAndShape)
    {
        using var scope = NewDisposeScope();
        using SafetensorsFile file = SafetensorsFile.Open(RecordedPath);
        using Generator generator = new(ulong.Parse(seedAndShape.Split('_')[0], CultureInfo.InvariantCulture));
        long[] shape = [.. file.Entries[$"{seedAndShape}_first"].Shape];

        Tensor first = Noise.Draw([generator], shape).reshape(shape);
        Tensor second = Noise.Draw([generator], shape).reshape(shape);
        Tensor third = Noise.DrawBatch(generator, shape, NoiseLayout.Contiguous);

        TensorAssert.BitEqual(first, file.Read($"{seedAndShape}_first"), "first draw");
        TensorAssert.BitEqual(second, file.Read($"{seedAndShape}_second"), "second draw");
        TensorAssert.BitEqual(third, file.Read($"{seedAndShape}_normal"), "third draw");
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Draw_FourMinutes_EqualsTheOriginalBitForBit()
    {
        using var scope = NewDisposeScope();
        using SafetensorsFile file = SafetensorsFile.Open(ReferenceData.Require("noise", "randn.safetensors"));
        Match note = FullDrawNote().Match(file.Metadata["note"]);
        Assert.That(note.Success, Is.True, file.Metadata["note"]);
        using Generator generator = new(ulong.Parse(note.Groups["seed"].Value, CultureInfo.InvariantCulture));
        long stride = long.Parse(note.Groups["stride"].Value, CultureInfo.InvariantCulture);
        long[] shape = [.. note.Groups["shape"].Value.Split(',').Select(size => long.Parse(size, CultureInfo.InvariantCulture))];

        Tensor drawn = Noise.Draw([generator], shape[1..]);

        Assert.That(drawn.shape, Is.EqualTo(shape));
        TensorAssert.BitEqual(drawn.flatten()[TensorIndex.Slice(null, null, stride)], file.Read($"full_every_{stride}"), "every value recorded");
    }

    [Test]
    public void Draw_TwoGenerators_GivesEachItemItsOwnNoise()
    {
        using var scope = NewDisposeScope();
        using Generator first = new(1);
        using Generator second = new(2);
        using Generator again = new(2);

        Tensor batch = Noise.Draw([first, second], [8, 16, 5]);

        Assert.That(batch.shape, Is.EqualTo(new long[] { 2, 8, 16, 5 }));
        TensorAssert.BitEqual(batch[1].unsqueeze(0), Noise.Draw([again], [8, 16, 5]), "the second item");
    }

    [Test]
    public void Draw_NoGenerator_Throws()
        => Assert.That(() => Noise.Draw([], [8, 16, 5]), Throws.ArgumentException.With.Property("ParamName").EqualTo("generators").And.Message.Contains("one generator for each"));

    [Test]
    public void Noise_NothingGiven_NamesTheArgument()
    {
        using Generator generator = new(1);
        using Tensor noise = ones(1, 1, 1, 2);

        Assert.Multiple(() =>
        {
            Assert.That(() => Noise.Draw(null!, [8, 16, 5]), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("generators"));
            Assert.That(() => Noise.Draw([generator], null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("itemShape"));
            Assert.That(() => Noise.Mix(null!, noise, 0.5f), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("clean"));
            Assert.That(() => Noise.Vary(noise, null!, 0.5), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("other"));
        });
    }

    [Test]
    public void Noise_OtherShape_Throws()
    {
        using Tensor noise = ones(2, 1, 1, 2);
        using Tensor one = ones(1, 1, 1, 2);

        Assert.Multiple(() =>
        {
            Assert.That(() => Noise.Mix(noise, one, 0.5f), Throws.ArgumentException.With.Message.Contains("noise is [1, 1, 1, 2]"));
            Assert.That(() => Noise.Vary(noise, one, 0.5), Throws.ArgumentException.With.Message.Contains("other is [1, 1, 1, 2]"));
        });
    }

    [Test]
    public void Mix_Level_WeighsCleanAndNoise()
    {
        using var scope = NewDisposeScope();

        Tensor mixed = Noise.Mix(tensor([4f, 4f], [1, 1, 1, 2]), tensor([8f, 8f], [1, 1, 1, 2]), 0.25f);

        TensorAssert.BitEqual(mixed, tensor([5f, 5f], [1, 1, 1, 2]), "mixed");
    }

    [TestCase(0, 3f)]
    [TestCase(1, 4f)]
    [TestCase(0.5, 4.949747f)]
    public void Vary_Variance_TurnsFromOneNoiseToTheOther(double variance, float expected)
    {
        using var scope = NewDisposeScope();

        Tensor varied = Noise.Vary(tensor([3f, 3f], [1, 1, 1, 2]), tensor([4f, 4f], [1, 1, 1, 2]), variance);

        TensorAssert.Close(varied, tensor([expected, expected], [1, 1, 1, 2]), 1e-6, "varied");
    }

    [Test]
    public void Noise_AnyCall_LeavesOnlyItsResult()
    {
        long live = LiveTensors.Count();
        using (Generator generator = new(5))
        using (Tensor noise = Noise.Draw([generator, generator], [8, 16, 5]))
        using (Tensor other = Noise.DrawBatch(generator, noise.shape, NoiseLayout.ChannelsLast))
        using (Tensor mixed = Noise.Mix(noise, other, 0.5f))
        using (Tensor varied = Noise.Vary(mixed, other, 0.5))
        {
            LiveTensors.AssertCount(live + 4);
        }

        LiveTensors.AssertCount(live);
    }

    [GeneratedRegex(@"every (?<stride>\d+)\w* value of randn\((?<shape>[\d, ]+)\), seed (?<seed>\d+)")]
    private static partial Regex FullDrawNote();
}
