namespace AceStep.Audio.Resampling;

/// <summary>The kernels of the rates used last. Most programs use one or two pairs, always the same.</summary>
internal static class KernelCache
{
    private const int Capacity = 8;

    /// <summary>The most taps of a kernel worth keeping (4 MiB); rates without a common divisor have more.</summary>
    private const int LargestKept = 1 << 20;

    private static readonly Lock Gate = new();

    /// <summary>Used last comes first.</summary>
    private static readonly List<((int Source, int Target) Rates, ResamplingKernel Kernel)> Kernels = [];

    public static ResamplingKernel Get(int sourceRate, int targetRate)
    {
        lock (Gate)
        {
            int index = Kernels.FindIndex(kept => kept.Rates == (sourceRate, targetRate));
            if (index >= 0)
            {
                var kept = Kernels[index];
                Kernels.RemoveAt(index);
                Kernels.Insert(0, kept);
                return kept.Kernel;
            }
        }

        // Outside the lock: two threads may compute the same kernel, which is harmless.
        var kernel = new ResamplingKernel(sourceRate, targetRate);
        if ((long)kernel.Target * kernel.TapCount <= LargestKept)
        {
            lock (Gate)
            {
                Kernels.RemoveAll(kept => kept.Rates == (sourceRate, targetRate));
                Kernels.Insert(0, ((sourceRate, targetRate), kernel));
                if (Kernels.Count > Capacity)
                {
                    Kernels.RemoveAt(Capacity);
                }
            }
        }

        return kernel;
    }
}
