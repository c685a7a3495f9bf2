using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>
/// What depends on where a pass runs and not on what it computes: the one place that weighs libtorch's ways of doing the
/// same. The figures behind it are in docs/benchmarks.md.
/// </summary>
internal static class ExecutionChoices
{
    // A frame of the feed-forward is 50 KB in float32: small enough that its values stay in the processor's cache from
    // one operation to the next, large enough that the operations' own cost does not count.
    private const long CpuWindow = 64;

    /// <summary>How many frames the feed-forward, by far the widest part of a block, gates at once.</summary>
    public static long FeedForwardWindow(Tensor hiddenStates) => IsOnCpu(hiddenStates) ? CpuWindow : long.MaxValue;

    /// <summary>
    /// What the feed-forward computes in between its products. A CPU without bfloat16 arithmetic converts for each
    /// operation anyway, so once is quicker, and it rounds less.
    /// </summary>
    public static ScalarType FeedForwardType(Tensor hiddenStates) => IsOnCpu(hiddenStates) ? float32 : hiddenStates.dtype;

    /// <summary>
    /// Whether a convolution over time of each feature by itself is a sum of shifted products of whole frames. On a CPU
    /// libtorch's own transposes to frames innermost and back, which takes longer than the convolution.
    /// </summary>
    public static bool ConvolvesByShifting(Tensor tokens) => IsOnCpu(tokens);

    private static bool IsOnCpu(Tensor tensor) => tensor.device_type == DeviceType.CPU;
}
