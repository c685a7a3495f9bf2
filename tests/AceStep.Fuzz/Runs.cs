using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using SharpFuzz;

namespace AceStep.Fuzz;

/// <summary>The ways in which a target is fed.</summary>
internal static class Runs
{
    private const int Failed = 1;
    private const int Hangs = 4;

    /// <summary>Far above what a busy machine makes of a second.</summary>
    private const int HangsAfterMilliseconds = 60_000;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    /// <summary>The corpus as it is, then damaged inputs; prints each case before it is read.</summary>
    public static int Damage(FuzzTarget target, int first, int count)
    {
        var clock = Stopwatch.StartNew();
        long started = 0;
        using var watchdog = new Timer(
            _ =>
            {
                if (clock.ElapsedMilliseconds - Interlocked.Read(ref started) > HangsAfterMilliseconds)
                {
                    Console.Error.WriteLine("the last case hangs");
                    Environment.Exit(Hangs);
                }
            },
            null,
            TimeSpan.FromSeconds(1),
            TimeSpan.FromSeconds(1));
        IReadOnlyList<(string Name, byte[] Input)> corpus = Corpus.Of(target);
        Checker checker = new(target);
        checker.WarmUp(corpus.Select(entry => entry.Input));
        foreach ((string name, byte[] input) in corpus)
        {
            Next(name);
            checker.Check(input);
        }

        for (int number = first; number < first + count; number++)
        {
            Next(number.ToString(CultureInfo.InvariantCulture));
            checker.Check(Damaged(target, corpus, number));
        }

        Console.Error.WriteLine(
            $"{target.Name}: {checker.Read + checker.Refused} inputs, {checker.Read} read, {checker.Refused} refused; at most {checker.MostAllocated >> 10} KiB allocated, and {checker.MostForEach} bytes a byte above a kilobyte; {clock.Elapsed.TotalSeconds:F1} s");
        return 0;

        void Next(string name)
        {
            Console.Out.WriteLine(name);
            Interlocked.Exchange(ref started, clock.ElapsedMilliseconds);
        }
    }

    /// <summary>The damaged input of a number.</summary>
    public static byte[] Damaged(FuzzTarget target, int number) => Damaged(target, Corpus.Of(target), number);

    /// <summary>Files, each with its error in full.</summary>
    public static int Check(FuzzTarget target, IEnumerable<string> files)
    {
        Checker checker = new(target, Longest);
        checker.WarmUp(Corpus.Of(target).Select(entry => entry.Input));
        int code = 0;
        foreach (string file in files)
        {
            try
            {
                int read = checker.Read;
                checker.Check(File.ReadAllBytes(file));
                Console.Out.WriteLine($"{file}: {(checker.Read > read ? "read" : "refused")}");
            }
            catch (Exception error)
            {
                Console.Out.WriteLine($"{file}: {error}");
                code = Failed;
            }
        }

        return code;
    }

    /// <summary>Inputs from afl-fuzz, as long as it has any. The code of the targets has been instrumented.</summary>
    public static unsafe void Afl(string name)
    {
        // Instrumented code notes its branches from the first, where afl-fuzz does not look yet; never freed, since other
        // threads may still note some there.
        SharpFuzz.Common.Trace.SharedMem = (byte*)NativeMemory.AllocZeroed(1 << 16);
        FuzzTarget target = AllTargets.Of(name);
        Checker checker = new(target, Longest);
        checker.WarmUp(Corpus.Of(target).Select(entry => entry.Input));
        Fuzzer.Run(stream =>
        {
            using MemoryStream input = new();
            stream.CopyTo(input);
            checker.Check(input.ToArray());
        });
    }

    /// <summary>A dictionary as afl-fuzz reads it: a name and a quoted word a line.</summary>
    public static void WriteWords(FuzzTarget target, TextWriter writer)
    {
        foreach ((int index, string word) in target.Words.Index())
        {
            IEnumerable<string> bytes = System.Text.Encoding.UTF8.GetBytes(word).Select(value => value is < 0x20 or >= 0x7F or (byte)'"' or (byte)'\\' ? $"\\x{value:X2}" : ((char)value).ToString());
            writer.WriteLine($"w{index}=\"{string.Concat(bytes)}\"");
        }
    }

    private static byte[] Damaged(FuzzTarget target, IReadOnlyList<(string Name, byte[] Input)> corpus, int number)
    {
        var random = new Random(number);
        return Mutator.Damage(corpus[random.Next(corpus.Count)].Input, corpus[random.Next(corpus.Count)].Input, target.Words, number);
    }
}
