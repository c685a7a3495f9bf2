using System.Diagnostics;

namespace AceStep.Fuzz;

/// <summary>Gives inputs to a target and sees that it keeps its promise.</summary>
internal sealed class Checker
{
    private const int Kilobyte = 1024;
    private const int Repetitions = 3;

    private readonly FuzzTarget _target;
    private readonly TimeSpan? _longest;

    /// <param name="target">The target.</param>
    /// <param name="longest">The longest that one input may keep the processor busy; null for any time.</param>
    public Checker(FuzzTarget target, TimeSpan? longest = null)
    {
        _target = target;
        _longest = longest;
    }

    /// <summary>Inputs that were read.</summary>
    public int Read { get; private set; }

    /// <summary>Inputs that were refused.</summary>
    public int Refused { get; private set; }

    /// <summary>The most bytes that one input took.</summary>
    public long MostAllocated { get; private set; }

    /// <summary>The most bytes that an input of at least a kilobyte took for each of its own.</summary>
    public long MostForEach { get; private set; }

    /// <summary>Reads the target's own inputs without looking: what is made once for all is made then.</summary>
    public void WarmUp(IEnumerable<byte[]> inputs)
    {
        foreach (byte[] input in inputs)
        {
            try
            {
                _target.Read(input);
            }
            catch (Exception error) when (error is not BrokenRuleException)
            {
                // Looked at when its turn comes.
            }
        }
    }

    /// <summary>Gives the target one input.</summary>
    /// <exception cref="BrokenRuleException">It took too much memory or time, or read what is not so.</exception>
    /// <exception cref="Exception">It failed in another way than it documents.</exception>
    public void Check(byte[] input)
    {
        TimeSpan busy = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        long allocated = Give(input, out bool isRead);
        TimeSpan taken = Stopwatch.GetElapsedTime(started);

        // The clock first: asking for the processor's time costs more, and time on a busy machine says nothing.
        if (_longest is { } longest && taken > longest && Environment.CpuUsage.TotalTime - busy > longest)
        {
            throw new BrokenRuleException($"{_target.Name}: {taken.TotalSeconds:F1} s for an input of {input.Length} bytes; at most {longest.TotalSeconds:F1} s are allowed.");
        }

        // The runtime makes tables of its own, of half a megabyte at times, when code runs that has not run before. An input's
        // own memory is taken again the next time.
        long allowed = _target.Buffers + ((long)_target.BytesPerByte * input.Length);
        for (int again = 0; again < Repetitions && allocated > allowed; again++)
        {
            allocated = Give(input, out isRead);
        }

        Read += isRead ? 1 : 0;
        Refused += isRead ? 0 : 1;
        MostAllocated = Math.Max(MostAllocated, allocated);
        MostForEach = input.Length >= Kilobyte ? Math.Max(MostForEach, allocated / input.Length) : MostForEach;
        if (allocated > allowed)
        {
            throw new BrokenRuleException($"{_target.Name}: {allocated} bytes allocated for an input of {input.Length}; {_target.BytesPerByte} for each and {_target.Buffers} are allowed.");
        }
    }

    /// <summary>Has the target read an input; gives the bytes that were allocated meanwhile.</summary>
    private long Give(byte[] input, out bool isRead)
    {
        long before = Allocated();
        try
        {
            _target.Read(input);
            isRead = true;
        }
        catch (Exception error) when (_target.IsRefusal(error))
        {
            isRead = false;
        }

        return Allocated() - before;
    }

    private long Allocated() => _target.UsesOtherThreads ? GC.GetTotalAllocatedBytes() : GC.GetAllocatedBytesForCurrentThread();
}
