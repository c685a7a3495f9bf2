using NUnit.Framework;
using TorchSharp;

namespace AceStep.Testing;

/// <summary>Counts the tensors that this thread has made and nobody has given back, for tests that demand that none is left behind.</summary>
/// <remarks>Not <c>Tensor.TotalCount</c>, which goes on counting a tensor that has become a parameter, beside the parameter.</remarks>
public static class LiveTensors
{
    /// <summary>The number of tensors alive by work of this thread.</summary>
    public static long Count() => DisposeScopeManager.Statistics.ThreadTotalLiveCount;

    /// <summary>Asserts that so many tensors are alive.</summary>
    public static void AssertCount(long expected) => Assert.That(Count(), Is.EqualTo(expected), "live tensors");
}
