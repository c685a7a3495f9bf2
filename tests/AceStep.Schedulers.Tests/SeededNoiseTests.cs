using System.Globalization;
using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Schedulers.Tests;

/// <summary>Seeded random numbers are the original's, bit for bit.</summary>
public sealed class SeededNoiseTests
{
    [Test]
    [Category(ReferenceData.Category)]
    public void Randn_BySeedAndShape_EqualsTheRecordedDrawsBitForBit()
    {
        using SafetensorsFile file = SafetensorsFile.Open(ReferenceData.Require("noise", "randn.safetensors"));
        string[] firsts = [.. file.Names.Where(name => name.EndsWith("_first", StringComparison.Ordinal))];
        Assert.That(firsts, Is.Not.Empty);
        foreach (string first in firsts)
        {
            string draw = first[..^"_first".Length];
            ulong seed = ulong.Parse(draw[..draw.IndexOf('_', StringComparison.Ordinal)], CultureInfo.InvariantCulture);
            long[] shape = [.. file.Shape(first)];
            using DisposeScope scope = NewDisposeScope();
            using var generator = new Generator(seed);
            TensorAssert.BitEqual(randn(shape, generator: generator), file.Read(first), first);
            TensorAssert.BitEqual(randn(shape, generator: generator), file.Read($"{draw}_second"), $"{draw}_second");
            TensorAssert.BitEqual(empty(shape).normal_(generator: generator), file.Read($"{draw}_normal"), $"{draw}_normal");
        }
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void Randn_OfAWholeSongsLatents_EqualsEveryRecordedValue()
    {
        using SafetensorsFile file = SafetensorsFile.Open(ReferenceData.Require("noise", "randn.safetensors"));
        if (!file.Names.Contains("full_every_997"))
        {
            Assert.Ignore("This set of references has no long draw.");
        }

        using DisposeScope scope = NewDisposeScope();
        using var generator = new Generator(42);
        Tensor drawn = randn([1, 8, 16, 2584], generator: generator).flatten();
        TensorAssert.BitEqual(drawn.slice(0, 0, drawn.NumberOfElements, 997), file.Read("full_every_997"), "full_every_997");
    }
}
