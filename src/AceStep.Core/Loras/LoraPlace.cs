using AceStep.Checkpoints;
using AceStep.Hub;
using AceStep.Models;

namespace AceStep.Loras;

/// <summary>Finds a LoRA's weights: the file that is given, or the one in the folder that is given.</summary>
internal static class LoraPlace
{
    /// <summary>The published file's name within its folder.</summary>
    private const string PublishedName = "pytorch_lora_weights.safetensors";

    // Tried in this order: the published name, then PEFT's.
    private static readonly string[] Names = [PublishedName, "adapter_model.safetensors"];

    private static readonly string[] Pickles = [".bin", ".ckpt", ".pt", ".pth"];

    /// <summary>Finds the weights: a file, a folder with one, a repository in a hub's cache, or a folder whose only folder holds one (PEFT's named adapters).</summary>
    /// <exception cref="FileNotFoundException">There is nothing at the path, or the folder has no weights, or several. The message says what is there.</exception>
    public static string Find(string path)
    {
        if (!Directory.Exists(path))
        {
            return WeightFiles.IsThere(path)
                ? path
                : throw new FileNotFoundException(WeightFiles.BrokenLink(path) is { } target ? $"The LoRA {path} is a link to {target}, which does not exist." : $"There is no LoRA at {path}: neither a folder nor a file.", path);
        }

        string folder = HubCache.MainSnapshot(path) ?? path;
        if (CheckpointLayout.Parts.Any(part => Directory.Exists(Path.Combine(folder, part.Folder))))
        {
            throw new FileNotFoundException($"{path} {TensorKinds.WhyNoLora(TensorKind.SingleFile)}.");
        }

        string[] files = [.. Weights(folder)];
        string[] folders = files.Length > 0 ? [] : [.. Directory.EnumerateDirectories(folder).Where(inner => Weights(inner).Any()).Order(StringComparer.Ordinal)];
        files = folders is [string only] ? [.. Weights(only)] : files;
        return Names.Select(name => files.FirstOrDefault(file => Path.GetFileName(file) == name)).FirstOrDefault(file => file is not null)
            ?? files switch
            {
                [string single] => single,
                [] => throw new FileNotFoundException(DescribeWithout(path, folder, folders)),
                _ => throw new FileNotFoundException($"The LoRA folder {path} has several safetensors files; give one of them: {string.Join(", ", files.Take(5).Select(Path.GetFileName))}."),
            };
    }

    private static IEnumerable<string> Weights(string folder) =>
        Directory.EnumerateFiles(folder).Where(file => file.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal);

    private static string DescribeWithout(string path, string folder, string[] folders)
    {
        if (folders.Length > 1)
        {
            return $"The LoRA folder {path} contains several LoRAs; give one of them: {string.Join(", ", folders.Take(5).Select(Path.GetFileName))}.";
        }

        string? pickle = Directory.EnumerateFiles(folder).FirstOrDefault(file => Pickles.Contains(Path.GetExtension(file), StringComparer.OrdinalIgnoreCase));
        return $"The LoRA folder {path} has neither {PublishedName} nor another safetensors file."
            + (pickle is null ? "" : $" {Path.GetFileName(pickle)} cannot take its place: weights must be a safetensors file.");
    }
}
