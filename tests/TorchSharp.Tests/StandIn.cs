using System.Reflection;

namespace TorchSharp.Tests;

/// <summary>Tells our stand-in from the TorchSharp package: the same tests meet either.</summary>
internal static class StandIn
{
    /// <summary>The assembly named TorchSharp.</summary>
    public static Assembly Assembly { get; } = typeof(torch).Assembly;

    /// <summary>Whether that assembly is the stand-in.</summary>
    public static bool IsPresent { get; } = Assembly.GetType("TorchSharp.Native.Bridge") is not null;

    /// <summary>Skips a test that is about the stand-in's own ways.</summary>
    public static void Require()
    {
        if (!IsPresent)
        {
            Assert.Ignore("This is about the stand-in, and the tests were built against the TorchSharp package.");
        }
    }
}
