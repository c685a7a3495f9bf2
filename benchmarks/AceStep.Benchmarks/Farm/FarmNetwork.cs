using System.Diagnostics;

namespace AceStep.Benchmarks.Farm;

/// <summary>A network namespace with one cable to this machine, which can be cut. Needs root and iproute2.</summary>
internal sealed class FarmNetwork : IDisposable
{
    private const string Name = "acestep-farm";
    private const string Cable = "acestep-farm0";
    private const string End = "acestep-farm1";
    private const string InsideAddress = "10.231.77.2";

    private FarmNetwork()
    {
    }

    /// <summary>This machine's address on the cable.</summary>
    public string HostAddress { get; } = "10.231.77.1";

    /// <summary>What a command inside the network begins with.</summary>
    public string[] Inside { get; } = ["ip", "netns", "exec", Name];

    /// <summary>Makes it; null where this user or machine cannot.</summary>
    public static FarmNetwork? TryCreate()
    {
        FarmNetwork network = new();
        Run("netns", "del", Name);
        bool isMade = Run("netns", "add", Name) && Run("link", "add", Cable, "type", "veth", "peer", "name", End, "netns", Name)
            && Run("addr", "add", $"{network.HostAddress}/30", "dev", Cable) && Run("link", "set", Cable, "up")
            && Run("netns", "exec", Name, "ip", "addr", "add", $"{InsideAddress}/30", "dev", End) && Run("netns", "exec", Name, "ip", "link", "set", End, "up") && Run("netns", "exec", Name, "ip", "link", "set", "lo", "up");
        if (isMade)
        {
            return network;
        }

        network.Dispose();
        return null;
    }

    /// <summary>Nothing passes any more, and nobody is told.</summary>
    public static void Cut() => Run("netns", "exec", Name, "ip", "link", "set", End, "down");

    public static void Mend() => Run("netns", "exec", Name, "ip", "link", "set", End, "up");

    public void Dispose() => Run("netns", "del", Name);

    private static bool Run(params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
