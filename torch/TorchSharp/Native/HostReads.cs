using System.Diagnostics.Metrics;

namespace TorchSharp.Native;

/// <summary>
/// Counts the reads that make the host wait for the device: values, bytes and copies that leave a tensor for managed memory or the CPU.
/// Published as the counter <c>host-reads</c> of the meter <c>TorchSharp.StandIn</c>, so that a test can listen without a reference.
/// </summary>
internal static class HostReads
{
    private static readonly Meter Meter = new("TorchSharp.StandIn");
    private static readonly Counter<long> Reads = Meter.CreateCounter<long>("host-reads", "{read}", "Reads of tensors by the host.");

    /// <summary>Notes one read.</summary>
    public static void Note() => Reads.Add(1);
}
