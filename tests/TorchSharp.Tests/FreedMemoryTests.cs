using NUnit.Framework;
using static TorchSharp.torch;

namespace TorchSharp.Tests;

/// <summary>The stand-in keeps the memory of large tensors for the next of their size, and no more of it than is in use.</summary>
[NonParallelizable]
[Platform("Linux", Reason = "counts page faults in /proc")]
public sealed class FreedMemoryTests
{
    private const long Elements = 25L << 20; // 100 MiB in float32
    private const long Pages = 4 * Elements / 4096;

    // Huge pages need one fault for 512 pages; none of them needs less than this.
    private const long FewestFaultsOfFreshMemory = Pages / 512;

    [SetUp]
    public void RequireStandIn() => StandIn.Require();

    [Test]
    public void Dispose_WhileAsMuchIsInUse_KeepsTheMemoryForTheNextTensor()
    {
        using Tensor inUse = empty(2 * Elements);
        Fill(Elements);

        Assert.That(Fill(Elements), Is.LessThan(FewestFaultsOfFreshMemory));
    }

    [Test]
    public void Dispose_OfTheLastTensor_GivesTheMemoryBack()
    {
        Fill(Elements);

        Assert.That(Fill(Elements), Is.GreaterThanOrEqualTo(FewestFaultsOfFreshMemory));
    }

    [Test]
    public void Dispose_WhileAsMuchIsInUse_DoesNotServeAMuchSmallerTensor()
    {
        using Tensor inUse = empty(2 * Elements);
        Fill(Elements);

        Assert.That(Fill(Elements / 2), Is.GreaterThanOrEqualTo(FewestFaultsOfFreshMemory / 2));
    }

    /// <summary>The page faults of making a tensor, writing to all of it and disposing of it.</summary>
    private static long Fill(long elements)
    {
        long before = PageFaults();
        ones(elements).Dispose();
        return PageFaults() - before;
    }

    /// <summary>The faults of this process that needed no disk: the tenth field of its line, the eighth behind its name.</summary>
    private static long PageFaults()
    {
        string line = File.ReadAllText("/proc/self/stat");
        return long.Parse(line[(line.LastIndexOf(')') + 2)..].Split(' ')[7], System.Globalization.CultureInfo.InvariantCulture);
    }
}
