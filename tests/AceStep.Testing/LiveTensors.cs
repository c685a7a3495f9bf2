using NUnit.Framework;
using TorchSharp;

namespace AceStep.Testing;

/// <summary>Counts the tensors that this thread has made and nobody has given back, for tests that demand that none is left behind.</summary>
/// <remarks>Not <c>Tensor.TotalCount</c>, which goes on counting a tensor that has become a parameter, beside the parameter.</remarks>
public static class LiveTensors
{
    private static long _ofFinalizer;

    /// <summary>The number of tensors alive by work of this thread.</summary>
    public static long Count() => DisposeScopeManager.Statistics.ThreadTotalLiveCount;

    /// <summary>Asserts that so many tensors are alive.</summary>
    public static void AssertCount(long expected) => Assert.That(Count(), Is.EqualTo(expected), "live tensors");

    /// <summary>The tensors alive by work of this thread, without those that the garbage collector gave back, all that waited for it included.</summary>
    /// <remarks>
    /// For tests that construct modules: TorchSharp leaves the collector one tensor with each convolution that has a bias
    /// and with each embedding.
    /// </remarks>
    public static long CountAfterCollection() => Count() + OfFinalizer();

    /// <summary>Asserts that so many tensors are alive once the garbage collector has given back what waits for it.</summary>
    public static void AssertCountAfterCollection(long expected) => Assert.That(CountAfterCollection(), Is.EqualTo(expected), "live tensors");

    /// <summary>How many tensors the garbage collector has given back so far, as a negative number.</summary>
    public static long OfFinalizer()
    {
        Collect();
        MakeWitness();
        Collect();
        return Interlocked.Read(ref _ofFinalizer);
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static void MakeWitness() => _ = new Witness();

    /// <summary>Reads the count of the thread that finalizes.</summary>
    private sealed class Witness
    {
        ~Witness() => Interlocked.Exchange(ref _ofFinalizer, Count());
    }
}
