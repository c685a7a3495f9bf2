using System.Globalization;
using System.Text.Json.Nodes;
using AceStep.Checkpoints;
using AceStep.Models;
using TorchSharp;

namespace AceStep.Benchmarks.RealSize;

/// <summary>
/// A checkpoint of random weights in the released layout: the released files' names, types, shapes and lengths (8.3 GB),
/// for what only the real size shows. Its tokenizers are the demonstration checkpoint's. What it makes is noise.
/// </summary>
internal static class RandomCheckpoint
{
    private const string BlockCount = "num_layers";
    private const string UnfinishedSuffix = ".unfinished";
    private const string NoticeFile = "RANDOM-WEIGHTS.txt";
    private const string Notice = "Random weights for measurements, written by the benchmarks of AceStep for .NET: this is no music model.\n";

    private static readonly string[] Copied =
    [
        Path.Combine(CheckpointLayout.TextEncoderFolder, CheckpointLayout.TokenizerFile),
        CheckpointLayout.LyricVocabularyPath,
    ];

    /// <summary>Writes the checkpoint, or what is still missing of it.</summary>
    /// <param name="folder">A new folder, or one where this was interrupted.</param>
    /// <param name="report">Told what is done.</param>
    /// <param name="blocks">The number of the transformer's blocks; null for all, byte for byte as long as the released files.</param>
    /// <exception cref="IOException">The folder holds something else, or the disk is full.</exception>
    public static void Write(string folder, Action<string> report, int? blocks = null)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any() && !IsRandomCheckpoint(folder))
        {
            throw new IOException($"{folder} holds something else; name a new folder.");
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, NoticeFile), Notice);
        foreach ((string part, string weights) in CheckpointLayout.Parts)
        {
            string place = Path.Combine(folder, part);
            Directory.CreateDirectory(place);
            TensorTable table = TensorTable.OfPart(part);
            JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(TensorTable.Folder, "configs", part, CheckpointLayout.ConfigFile)))!;
            if (part == CheckpointLayout.TransformerFolder && blocks is { } count && count < (int)config[BlockCount]!)
            {
                config[BlockCount] = count;
                table = table.Without(name => name.StartsWith("projectors.", StringComparison.Ordinal) || IsBlockFrom(count, name));
            }

            File.WriteAllText(Path.Combine(place, CheckpointLayout.ConfigFile), config.ToJsonString());
            WriteWeights(table, Path.Combine(place, weights), report);
        }

        foreach (string file in Copied)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, file))!);
            File.Copy(Path.Combine(Repository.Root, "checkpoints", "nano", file), Path.Combine(folder, file), overwrite: true);
        }
    }

    /// <summary>Deletes what <see cref="Write"/> wrote, and the folders that are empty then.</summary>
    /// <exception cref="IOException">The folder holds no checkpoint of random weights.</exception>
    public static void Remove(string folder)
    {
        if (!IsRandomCheckpoint(folder))
        {
            throw new IOException($"{folder} has no {NoticeFile}: nothing was deleted.");
        }

        IEnumerable<string> files = CheckpointLayout.Parts
            .SelectMany(part => new[] { CheckpointLayout.ConfigFile, part.Weights, part.Weights + UnfinishedSuffix }.Select(name => Path.Combine(part.Folder, name)))
            .Concat(Copied);
        foreach (string file in files.Select(file => Path.Combine(folder, file)).Where(File.Exists))
        {
            File.Delete(file);
        }

        // Last, so that an interrupted removal can be taken up.
        File.Delete(Path.Combine(folder, NoticeFile));
        foreach (string emptied in Directory.GetDirectories(folder).Append(folder).Where(name => !Directory.EnumerateFileSystemEntries(name).Any()))
        {
            Directory.Delete(emptied);
        }
    }

    private static bool IsBlockFrom(int first, string name) =>
        name.Split('.') is ["transformer_blocks", var block, ..] && int.Parse(block, CultureInfo.InvariantCulture) >= first;

    private static bool IsRandomCheckpoint(string folder) => File.Exists(Path.Combine(folder, NoticeFile));

    private static void WriteWeights(TensorTable table, string path, Action<string> report)
    {
        if (File.Exists(path) && new FileInfo(path).Length == table.ByteCount)
        {
            report($"{path} is there");
            return;
        }

        string unfinished = path + UnfinishedSuffix;
        using (FileStream stream = new(unfinished, FileMode.OpenOrCreate, FileAccess.Write))
        {
            // Whole tensors stay; the one in which the writing ended is written again.
            int done = table.Tensors.TakeWhile(tensor => tensor.Offset + tensor.ByteCount <= stream.Length).Count();
            if (done == 0)
            {
                stream.Write(SafetensorsWriter.BuildHeader(table.Tensors.Select(tensor => (tensor.Name, tensor.Type, tensor.Shape)), TensorTable.Metadata));
            }

            foreach (SafetensorsEntry tensor in table.Tensors.Skip(done))
            {
                byte[] bytes = GC.AllocateUninitializedArray<byte>(checked((int)tensor.ByteCount));
                RandomWeights.Fill(tensor, bytes);
                stream.Position = tensor.Offset;
                stream.Write(bytes);
            }

            if (stream.Length != table.ByteCount)
            {
                throw new InvalidOperationException($"{path} would have {stream.Length} bytes instead of {table.ByteCount}.");
            }
        }

        File.Move(unfinished, path, overwrite: true);
        report($"{path} is written: {table.Tensors.Count} tensors, {table.ByteCount / 1e9:0.00} GB");
    }
}
