using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
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

    // Enough to tell the rate, little enough to stay below what the weights take.
    private const long FreshBytes = 3L << 30;

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

        double? rawRate = null;
        double? freshRate = null;
        if (!cold)
        {
            RawRate(path, long.MaxValue, fresh: false);
            rawRate = RawRate(path, long.MaxValue, fresh: false);
            freshRate = RawRate(path, FreshBytes, fresh: true);
        }

        long before = ProcessMemory.Anonymous;
        long started = Stopwatch.GetTimestamp();
        await using MusicPipeline pipeline = await MusicPipeline.LoadAsync(path, options, cancellationToken: cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        long held = ProcessMemory.Anonymous - before;
        long peak = ProcessMemory.PeakResident - before;

        Console.WriteLine($"{(cold ? "cold" : "warm")}, {precision}, {torch.get_num_threads()} threads");
        Console.WriteLine($"read        {stored / 1e9:0.00} GB of {FileBytes(path) / 1e9:0.00} GB in {seconds:0.00} s: {stored / 1e9 / seconds:0.00} GB/s");
        if (rawRate is { } raw && freshRate is { } fresh)
        {
            double rate = stored / seconds;
            Console.WriteLine($"raw         {raw / 1e9:0.00} GB/s, the files read again and again into one buffer; loading runs at {rate / raw:0%} of it");
            Console.WriteLine($"raw, kept   {fresh / 1e9:0.00} GB/s, the files read into memory of their own; loading runs at {rate / fresh:0%} of it");
        }

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

    /// <summary>Bytes a second of reading the files from their start, in pieces as large as loading reads.</summary>
    /// <param name="path">The checkpoint.</param>
    /// <param name="limit">How much of each file to read at most.</param>
    /// <param name="fresh">Whether each piece goes into memory that was never touched before, as a weight does.</param>
    private static double RawRate(string path, long limit, bool fresh)
    {
        long read = 0;
        long started = Stopwatch.GetTimestamp();
        foreach (string file in Files(path))
        {
            using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
            read += Read(stream, Math.Min(limit, stream.Length), fresh);
        }

        return read / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static unsafe long Read(FileStream stream, long count, bool fresh)
    {
        byte* memory = (byte*)NativeMemory.Alloc((nuint)(fresh ? count : PieceBytes));
        try
        {
            long read = 0;
            for (int taken = int.MaxValue; taken > 0 && read < count; read += taken)
            {
                taken = stream.Read(new Span<byte>(memory + (fresh ? read : 0), (int)Math.Min(PieceBytes, count - read)));
            }

            return read;
        }
        finally
        {
            NativeMemory.Free(memory);
        }
    }
}
