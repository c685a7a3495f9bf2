using System.CommandLine;
using System.Diagnostics;
using AceStep.Benchmarks.RealSize;
using TorchSharp;

namespace AceStep.Benchmarks.Gpu;

/// <summary>
/// All that there is to measure on a GPU, in one go: a song of random weights under each memory plan, the original's order of
/// calls beside ours, and where the time goes. Each part is a process of its own, since libtorch keeps what memory it once had.
/// </summary>
internal sealed class GpuCommand : Command
{
    private const string AllParts = "all";

    private static readonly (string Name, MemoryPlan Memory)[] Plans = [("keep", MemoryPlan.KeepAll), ("offload", MemoryPlan.OffloadAll), ("drop", MemoryPlan.DropAll)];

    private static readonly Option<string> Part = new("--part")
    {
        Description = "What to measure in this process alone: keep, offload, drop, original, passes or decoding. Without it each in turn, in processes of their own.",
        DefaultValueFactory = _ => AllParts,
    };

    public GpuCommand()
        : base("gpu", "Measures songs on a GPU, or with --device cpu and small sizes on the CPU; writes tables in Markdown.")
    {
        Part.AcceptOnlyFromAmong([AllParts, .. Plans.Select(plan => plan.Name), "original", "passes", "decoding"]);
        GpuSettings.AddTo(this);
        Add(Part);
        SetAction(RunAsync);
    }

    private static async Task<int> RunAsync(ParseResult result, CancellationToken cancellationToken)
    {
        GpuSettings settings = GpuSettings.Of(result);
        string part = result.GetValue(Part)!;
        switch (part)
        {
            case AllParts:
                return await MeasureAllAsync(settings, cancellationToken);
            case "original":
                await OriginalComparison.RunAsync(settings, cancellationToken);
                return 0;
            case "passes":
                await PassProfile.RunAsync(settings, cancellationToken);
                return 0;
            case "decoding":
                await DecodingProfile.RunAsync(settings, cancellationToken);
                return 0;
            default:
                await PlanMeasurement.RunAsync(settings, part, Plans.Single(plan => plan.Name == part).Memory, cancellationToken);
                return 0;
        }
    }

    private static async Task<int> MeasureAllAsync(GpuSettings settings, CancellationToken cancellationToken)
    {
        Stopwatch clock = Stopwatch.StartNew();
        RandomCheckpoint.Write(settings.Checkpoint, line => Console.Error.WriteLine($"{clock.Elapsed.TotalSeconds:0} s: {line}"), settings.Blocks);
        Console.WriteLine(
            $"{settings.Seconds:0.0} s of music ({settings.Frames} frames), {settings.Steps} steps, half of them guided, {settings.Blocks} blocks, {settings.Precision}, {settings.Device}; libtorch {torch.__version__}\n");
        Console.WriteLine(PlanMeasurement.TableHead);
        int failures = 0;
        foreach ((string name, _) in Plans)
        {
            failures += await StartAsync(name);
        }

        foreach (string part in (string[])["original", "passes", "decoding"])
        {
            Console.WriteLine();
            failures += await StartAsync(part);
        }

        return failures == 0 ? 0 : 1;

        async Task<int> StartAsync(string part)
        {
            Console.Error.WriteLine($"{clock.Elapsed.TotalSeconds:0} s: {part}");
            string[] program = [typeof(GpuCommand).Assembly.Location, "gpu", .. settings.ToArguments(), Part.Name, part];
            using Process process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? program : program[1..]))!;
            await process.WaitForExitAsync(cancellationToken);
            if (process.ExitCode != 0)
            {
                Console.WriteLine($"| {part} | failed with exit status {process.ExitCode} |");
            }

            return process.ExitCode == 0 ? 0 : 1;
        }
    }
}
