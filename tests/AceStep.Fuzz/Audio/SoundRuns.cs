using System.Diagnostics;
using AceStep.Audio;

namespace AceStep.Fuzz.Audio;

/// <summary>Damages a small sound file of one kind in many ways and decodes each, with libsndfile where the kind needs it.</summary>
internal static class SoundRuns
{
    private const int TooMuchMemory = 3;
    private const int Hangs = 4;
    private const int HangsAfterMilliseconds = 20_000;

    /// <summary>Reads damaged files, numbered from <paramref name="first"/>; prints each number before.</summary>
    public static int Damage(string kind, int first, int count)
    {
        byte[] file = SoundFiles.Make(kind);
        byte[] other = SoundFiles.MakeOther(kind);
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
            byte[] damaged = Mutator.Damage(file, other, [], current);
            if (current % 4 != 0)
            {
                // Ogg drops pages whose checksum is wrong; with the right one, damage reaches the decoders.
                OggChecksum.Correct(damaged);
            }

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
            if (allocated > SoundFiles.LargestAllocation(kind, damaged.Length))
            {
                Console.Error.WriteLine($"case {current}: {allocated} bytes allocated for a file of {damaged.Length}");
                return TooMuchMemory;
            }
        }

        using Process process = Process.GetCurrentProcess();
        Console.Error.WriteLine(
            $"{kind}: {count} files damaged, {read} read, the rest refused; {file.Length} bytes, at most {worst >> 10} KiB allocated, {process.PeakWorkingSet64 >> 20} MiB resident, {clock.Elapsed.TotalSeconds:F1} s");
        return 0;

        void StopWhenHanging()
        {
            if (clock.ElapsedMilliseconds - Interlocked.Read(ref started) > HangsAfterMilliseconds)
            {
                Console.Error.WriteLine($"case {current} hangs");
                Environment.Exit(Hangs);
            }
        }
    }
}
