using System.Diagnostics;
using System.Globalization;
using AceStep.Audio;
using AceStep.Audio.Fuzz;

// AceStep.Audio.Fuzz KIND FIRST COUNT
//
// Damages a small file of one kind in COUNT ways, numbered from FIRST, and reads each. A file is either read or
// refused with AudioFormatException; everything else ends the program, whose last line then names the case:
// run it again alone with COUNT 1. It is a program of its own so that a crash in native code is seen.
if (args is not [var kind, var firstText, var countText])
{
    Console.Error.WriteLine($"usage: AceStep.Audio.Fuzz KIND FIRST COUNT, where KIND is one of {string.Join(", ", Seeds.Kinds)}");
    return 64;
}

int first = int.Parse(firstText, CultureInfo.InvariantCulture);
int count = int.Parse(countText, CultureInfo.InvariantCulture);
byte[] file = Seeds.Make(kind);
byte[] other = Seeds.MakeOther(kind);
int current = first;
var clock = Stopwatch.StartNew();
long started = 0;
using var watchdog = new Timer(_ => StopWhenHanging(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

int read = 0;
long worst = 0;
for (; current < first + count; current++)
{
    Console.Out.WriteLine(current);
    Interlocked.Exchange(ref started, clock.ElapsedMilliseconds);
    byte[] damaged = Mutator.Damage(file, other, current);
    long before = GC.GetAllocatedBytesForCurrentThread();
    try
    {
        using var stream = new MemoryStream(damaged);
        AudioFile.Load(stream);
        read++;
    }
    catch (AudioFormatException)
    {
        // What is expected of a damaged file.
    }

    long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
    worst = Math.Max(worst, allocated);
    if (allocated > Seeds.LargestAllocation(kind, damaged.Length))
    {
        Console.Error.WriteLine($"case {current}: {allocated} bytes allocated for a file of {damaged.Length}");
        return 3;
    }
}

using Process process = Process.GetCurrentProcess();
Console.Error.WriteLine(
    $"{kind}: {count} files damaged, {read} read, the rest refused; {file.Length} bytes, at most {worst >> 10} KiB allocated, {process.PeakWorkingSet64 >> 20} MiB resident, {clock.Elapsed.TotalSeconds:F1} s");
return 0;

void StopWhenHanging()
{
    if (clock.ElapsedMilliseconds - Interlocked.Read(ref started) > 20_000)
    {
        Console.Error.WriteLine($"case {current} hangs");
        Environment.Exit(4);
    }
}
