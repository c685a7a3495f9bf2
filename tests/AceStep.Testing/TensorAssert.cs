using NUnit.Framework;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Testing;

/// <summary>Compares tensors with recorded ones.</summary>
public static class TensorAssert
{
    /// <summary>The bar for whole modules: relative L2.</summary>
    public const double ModuleTolerance = 1e-5;

    /// <summary>The bar for whole pipelines, for <c>decode</c> and for the music codec: relative L2.</summary>
    public const double PipelineTolerance = 1e-4;

    /// <summary>|actual - expected| / |expected| in float64; |actual| where expected is all zeros.</summary>
    public static double RelativeL2(Tensor actual, Tensor expected)
    {
        using var scope = NewDisposeScope();
        Tensor a = actual.detach().cpu().to(float64);
        Tensor e = expected.detach().cpu().to(float64);
        double norm = e.Squared().sum().sqrt().item<double>();
        double difference = (a - e).Squared().sum().sqrt().item<double>();
        return norm > 0 ? difference / norm : difference;
    }

    /// <summary>Asserts equal shapes, finite values and a relative L2 distance of at most <paramref name="tolerance"/>.</summary>
    public static void Close(Tensor actual, Tensor expected, double tolerance, string name)
    {
        Assert.That(actual.shape, Is.EqualTo(expected.shape), $"shape of {name}");
        double distance = RelativeL2(actual, expected);
        TestContext.Out.WriteLine($"{name}: {distance:E2}");
        // NUnit orders NaN below every number, so it has to be ruled out apart.
        Assert.That(distance, Is.Not.NaN.And.LessThanOrEqualTo(tolerance), $"relative L2 distance of {name}");
    }

    /// <summary>Asserts equal shapes and equal bits (NaN payloads aside).</summary>
    public static void BitEqual(Tensor actual, Tensor expected, string name)
    {
        Assert.That(actual.shape, Is.EqualTo(expected.shape), $"shape of {name}");
        Assert.That(actual.dtype, Is.EqualTo(expected.dtype), $"dtype of {name}");
        using Tensor a = actual.detach().cpu();
        using Tensor e = expected.detach().cpu();
        using Tensor same = a.eq(e).all();
        Assert.That(same.item<bool>(), Is.True, $"{name} differs: {RelativeL2(actual, expected):E2}");
    }
}
