using System.CommandLine;
using System.Diagnostics;
using TorchSharp;

namespace AceStep.Benchmarks;

/// <summary>
/// The measurements of <see cref="TransformerBenchmarks"/> in turn, so that what else the machine does falls on each of them:
/// one row of a table for each length and precision.
/// </summary>
internal sealed class BlockCommand : Command
{
    private static readonly Option<int[]> Frames = new("--frames") { Description = "Latent frames.", DefaultValueFactory = _ => [323, 2584], AllowMultipleArgumentsPerToken = true };

    private static readonly Option<Precision[]> Precisions = new("--precision")
    {
        Description = "What to compute in.",
        DefaultValueFactory = _ => [Precision.Float32, Precision.BFloat16],
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<int> Turns = new("--turns") { Description = "How often each is measured; the medians count.", DefaultValueFactory = _ => 9 };

    public BlockCommand()
        : base("block", "A transformer block beside its bare products and beside the original's sequence.")
    {
        Add(Frames);
        Add(Precisions);
        Add(Turns);
        SetAction(result => Run(result.GetValue(Frames)!, result.GetValue(Precisions)!, result.GetValue(Turns)));
    }

    private static void Run(int[] frames, Precision[] precisions, int turns)
    {
        Console.WriteLine("| frames | precision | products | block | ratio | original's sequence | ratio |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (Precision precision in precisions)
        {
            foreach (int length in frames)
            {
                TransformerBenchmarks benchmarks = new() { Frames = length, Precision = precision == Precision.BFloat16 ? torch.bfloat16 : torch.float32 };
                benchmarks.Build();
                double[] medians = Medians(turns, benchmarks.Products, benchmarks.Block, benchmarks.OriginalSequence);
                benchmarks.Dispose();
                Console.WriteLine(
                    $"| {length} | {precision} | {medians[0]:0.0} ms | {medians[1]:0.0} ms | {medians[1] / medians[0]:0.00} | {medians[2]:0.0} ms | {medians[2] / medians[0]:0.00} |");
            }
        }
    }

    /// <summary>Milliseconds; the first turn does not count.</summary>
    private static double[] Medians(int turns, params Action[] measured)
    {
        List<double>[] times = [.. measured.Select(_ => new List<double>())];
        for (int turn = 0; turn <= turns; turn++)
        {
            for (int i = 0; i < measured.Length; i++)
            {
                long started = Stopwatch.GetTimestamp();
                measured[i]();
                double elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                if (turn > 0)
                {
                    times[i].Add(elapsed);
                }
            }
        }

        return [.. times.Select(list => list.Order().ElementAt(list.Count / 2))];
    }
}
