using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AceStep.Audio.Resampling;

/// <summary>
/// The windowed-sinc filter between two rates, as torchaudio's default resampler computes it: a Hann-windowed
/// sinc of six zero crossings on each side with its cut-off at 99 % of the lower rate's half.
/// </summary>
/// <remarks>
/// torchaudio keeps every tap between -width and width + source for each of the phases; all but a few of them
/// are zero. Here each phase keeps the taps around its own centre only, so that any pair of rates is cheap.
/// </remarks>
internal sealed class ResamplingKernel
{
    private const int ZeroCrossings = 6;
    private const double RollOff = 0.99;

    private readonly float[] _taps;
    private readonly int[] _starts;

    public ResamplingKernel(int sourceRate, int targetRate)
    {
        int divisor = GreatestCommonDivisor(sourceRate, targetRate);
        Source = sourceRate / divisor;
        Target = targetRate / divisor;
        double cutOff = RollOff * Math.Min(Source, Target);
        Width = (int)Math.Ceiling(ZeroCrossings * Source / cutOff);

        // Rounded up to whole vectors: taps past the window's end are zero.
        int count = (int)Math.Floor(2 * ZeroCrossings * Source / cutOff) + 2;
        TapCount = (count + Vector256<float>.Count - 1) / Vector256<float>.Count * Vector256<float>.Count;
        _taps = new float[checked(Target * TapCount)];
        _starts = new int[Target];
        for (int phase = 0; phase < Target; phase++)
        {
            // Divided in float32, as torchaudio does; it moves the taps by up to 7e-6.
            double offset = -phase / (float)Target;
            double centre = Width + ((double)phase * Source / Target);
            int start = Math.Max(0, (int)Math.Ceiling(centre - (ZeroCrossings * Source / cutOff)) - 1);
            _starts[phase] = start;
            int end = Math.Min(TapCount, (2 * Width) + Source - start);
            for (int tap = 0; tap < end; tap++)
            {
                _taps[(phase * TapCount) + tap] = (float)Tap(offset, start + tap, cutOff);
            }
        }
    }

    /// <summary>The source's rate over the greatest common divisor of both.</summary>
    public int Source { get; }

    /// <summary>The target's rate over the greatest common divisor of both: the number of phases.</summary>
    public int Target { get; }

    /// <summary>Samples before the first that its filter reaches to.</summary>
    public int Width { get; }

    /// <summary>Taps of each phase, a multiple of eight.</summary>
    public int TapCount { get; }

    /// <summary>The number of samples that a sound of <paramref name="length"/> samples becomes: ceil(target * length / source).</summary>
    public long OutputLength(long length) => (long)(((Int128)Target * length + Source - 1) / Source);

    /// <summary>Index of the first sample that an output needs; it and the next <see cref="TapCount"/> - 1 count. Negative before the start.</summary>
    public long FirstInput(long output)
    {
        (long position, long phase) = Math.DivRem(output, Target);
        return (position * Source) + _starts[phase] - Width;
    }

    /// <summary>The first output, from <paramref name="start"/> to <paramref name="end"/>, that needs an input at or after <paramref name="available"/>.</summary>
    public long OutputsWithin(long available, long start, long end)
    {
        // What an output needs begins no earlier than what the one before it needs, so halving finds the place.
        long high = Math.Min(end, Math.Max(start, OutputLength(Math.Max(available, 0)) + 1));
        long low = Math.Min(start, high);
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            if (FirstInput(middle) + TapCount <= available)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>Computes consecutive outputs of one channel.</summary>
    /// <param name="input">Samples from index <paramref name="inputStart"/> on, as far as the last output needs.</param>
    /// <param name="inputStart">Index in the sound of the first of them.</param>
    /// <param name="firstOutput">Index of the first output.</param>
    /// <param name="output">Receives the outputs.</param>
    public void Apply(ReadOnlySpan<float> input, long inputStart, long firstOutput, Span<float> output)
    {
        (long position, long remainder) = Math.DivRem(firstOutput, Target);
        int phase = (int)remainder;
        long origin = (position * Source) - Width - inputStart;
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = Dot(input.Slice((int)(origin + _starts[phase]), TapCount), _taps.AsSpan(phase * TapCount, TapCount));
            if (++phase == Target)
            {
                phase = 0;
                origin += Source;
            }
        }
    }

    private static int GreatestCommonDivisor(int a, int b) => b == 0 ? a : GreatestCommonDivisor(b, a % b);

    private double Tap(double offset, int tap, double cutOff)
    {
        double time = Math.Clamp((offset + ((double)(tap - Width) / Source)) * cutOff, -ZeroCrossings, ZeroCrossings);
        double window = Math.Cos(time * Math.PI / ZeroCrossings / 2);
        double sinc = time == 0 ? 1 : Math.Sin(time * Math.PI) / (time * Math.PI);
        return sinc * window * window * (cutOff / Source);
    }

    /// <summary>
    /// Always eight lanes of fused multiply-adds, so that the result is the same on every processor and
    /// does not depend on how the sound was cut into blocks.
    /// </summary>
    private static float Dot(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        ref float first = ref MemoryMarshal.GetReference(x);
        ref float second = ref MemoryMarshal.GetReference(y);
        Vector256<float> sum = Vector256<float>.Zero;
        for (nuint i = 0; i < (nuint)x.Length; i += (nuint)Vector256<float>.Count)
        {
            sum = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref first, i), Vector256.LoadUnsafe(ref second, i), sum);
        }

        return Vector256.Sum(sum);
    }
}

/// <summary>The kernels of the rates used last. Most programs use one or two pairs, always the same.</summary>
internal static class KernelCache
{
    private const int Capacity = 8;

    /// <summary>The most taps of a kernel worth keeping (4 MiB); rates without a common divisor have more.</summary>
    private const int LargestKept = 1 << 20;

    private static readonly Lock Gate = new();

    /// <summary>The kernel that was used last comes first.</summary>
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
