using System.Globalization;
using AceStep.Core.Stress;

// AceStep.Core.Stress collections CHECKPOINT COUNT           songs of every task while another thread forces so many collections
// AceStep.Core.Stress soak CHECKPOINT SONGS [--growth PERCENT] songs of every task with all that goes wrong between them
// AceStep.Core.Stress memory CHECKPOINT                      memory ends in each stage, and comes back
// AceStep.Core.Stress heap CHECKPOINT                        as memory, for .NET's own heap, which the caller has bounded
//
// A program of its own: what is looked for ends a process, or is counted for the whole of one. Returns 0 where all was well.
try
{
    return args switch
    {
        ["collections", var checkpoint, var count] => await Collections.RunAsync(checkpoint, Number(count)),
        ["soak", var checkpoint, var songs] => await Soak.RunAsync(checkpoint, Number(songs), mostGrowth: null),
        ["soak", var checkpoint, var songs, "--growth", var percent] => await Soak.RunAsync(checkpoint, Number(songs), Number(percent)),
        ["memory", var checkpoint] => await MemoryEnds.RunAsync(checkpoint),
        ["heap", var checkpoint] => await HeapEnds.RunAsync(checkpoint),
        _ => Usage(),
    };
}
catch (StressException error)
{
    Console.Error.WriteLine(error.Message);
    return 1;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static int Usage()
{
    Console.Error.WriteLine("usage: AceStep.Core.Stress collections|soak|memory|heap CHECKPOINT ...");
    return 64;
}
