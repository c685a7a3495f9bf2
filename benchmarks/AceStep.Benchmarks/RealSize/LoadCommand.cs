using System.CommandLine;
using System.Diagnostics;
using AceStep.Checkpoints;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Benchmarks.RealSize;

/// <summary>
/// Measures how a checkpoint is loaded in this process: the time, the rate beside that of reading the same files, and the
/// memory that it takes above the weights. One figure a process: memory that was once resident counts for ever.
/// </summary>
internal sealed class LoadCommand : Command
{
    private const int PieceBytes = 16 << 20;

    // Enough to tell the rate, little enough to stay below what the weights take; in tensors as large as a large weight.
    private const long FreshBytes = 3L << 30;
    private const long FreshTensorBytes = 64 << 20;

    public LoadCommand()
        : base("load", "Loads a checkpoint and says how long it took, at which rate, and with how much memory.")
    {
        Argument<string> checkpoint = new("checkpoint") { Description = "The folder or file." };
        Option<Precision> precision = new("--precision") { Description = "What the weights are held in.", DefaultValueFactory = _ => Precision.Float32 };
        Option<bool> cold = new("--cold") { Description = "Do not read the files beforehand: whoever calls this has dropped them from the system's cache." };
        Add(checkpoint);
        Add(precision);
        Add(cold);
        SetAction((result, cancellationToken) =>
            MeasureAsync(result.GetRequiredValue(checkpoint), result.GetValue(precision), result.GetValue(cold), cancellationToken));
    }

    private static async Task MeasureAsync(string path, Precision precision, bool cold, CancellationToken cancellationToken)
    {
        MusicPipelineOptions options = new() { Device = "cpu", Precision = precision };
        long stored = StoredBytes(path, options);
        using (torch.zeros(1))
        {
            // libtorch is loaded, so that its memory and its time are not taken for the checkpoint's.
        }

        if (!cold)
        {
            // Once, so that the files are in the system's cache.
            Read(path);
        }

        double freshRate = FreshMemoryRate();
        long before = ProcessMemory.Anonymous;
        long started = Stopwatch.GetTimestamp();
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(path, options, cancellationToken: cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        long held = ProcessMemory.Anonymous - before;
        long peak = ProcessMemory.PeakResident - before;

        Console.WriteLine($"{(cold ? "cold" : "warm")}, {precision}, {torch.get_num_threads()} threads");
        Console.WriteLine($"read        {stored / 1e9:0.00} GB of {FileBytes(path) / 1e9:0.00} GB in {seconds:0.00} s: {stored / 1e9 / seconds:0.00} GB/s");
        Console.WriteLine($"written     {held / 1e9:0.00} GB in {seconds:0.00} s: {held / 1e9 / seconds:0.00} GB/s, {held / seconds / freshRate:0%} of the {freshRate / 1e9:0.00} GB/s at which the same threads write to fresh memory");
        Console.WriteLine($"held        {held / 1e9:0.00} GB");
        Console.WriteLine($"peak        {peak / 1e9:0.00} GB resident: {(double)peak / held:0.000} times what is held");
    }

    private static long StoredBytes(string path, MusicPipelineOptions options)
    {
        using MusicCheckpoint checkpoint = MusicCheckpoint.Open(path, options);
        return Generation.PipelineParts.StoredBytes(checkpoint.TextEncoder)
            + Generation.PipelineParts.StoredBytes(checkpoint.Transformer, AceStepTransformer.IsUnused)
            + Generation.PipelineParts.StoredBytes(checkpoint.Autoencoder)
            + Generation.PipelineParts.StoredBytes(checkpoint.Vocoder);
    }

    private static string[] Files(string path) =>
        Directory.Exists(path) ? Directory.GetFiles(path, "*.safetensors", SearchOption.AllDirectories) : [path];

    private static long FileBytes(string path) => Files(path).Sum(file => new FileInfo(file).Length);

    /// <summary>Reads the files from their start to their end.</summary>
    private static void Read(string path)
    {
        byte[] piece = new byte[PieceBytes];
        foreach (string file in Files(path))
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
            while (stream.Read(piece) > 0)
            {
            }
        }
    }

    /// <summary>Bytes a second at which libtorch's threads write to memory that was never touched: no loading can be quicker.</summary>
    private static double FreshMemoryRate()
    {
        using var scope = torch.NewDisposeScope();
        long started = Stopwatch.GetTimestamp();
        for (long written = 0; written < FreshBytes; written += FreshTensorBytes)
        {
            torch.empty(FreshTensorBytes, dtype: torch.uint8).zero_();
        }

        return FreshBytes / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
