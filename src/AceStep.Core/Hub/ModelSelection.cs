using System.Text.Json;
using System.Text.RegularExpressions;
using AceStep.Checkpoints;

namespace AceStep.Hub;

/// <summary>The kind of model that a name is expected to be.</summary>
internal enum ModelKind
{
    /// <summary>Any kind.</summary>
    Any,

    /// <summary>A checkpoint: the released layout, or a single file.</summary>
    Checkpoint,

    /// <summary>A LoRA.</summary>
    Lora,

    /// <summary>A Japanese dictionary.</summary>
    Dictionary,
}

/// <summary>The files of a repository that are needed: the weights and configs, not pictures, pickles and examples.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Files">The paths of the files.</param>
/// <param name="Main">The path to open within the repository; empty for its folder.</param>
internal sealed partial record ModelSelection(ModelKind Kind, IReadOnlyList<string> Files, string Main)
{
    private const string Weights = ".safetensors";
    private const string DictionaryFile = "sys.dic";

    private static readonly string[] LoraWeights = ["pytorch_lora_weights.safetensors", "adapter_model.safetensors"];
    private static readonly string[] CheckpointFolders = [.. CheckpointLayout.Parts.Select(part => part.Folder), "lyric_tokenizer"];

    /// <summary>Chooses the files.</summary>
    /// <param name="paths">The files in the repository.</param>
    /// <param name="kind">The expected kind of model.</param>
    /// <param name="name">Its name, for messages.</param>
    /// <exception cref="DownloadException">It is of another kind, or has none of the files, or several that could be meant.</exception>
    public static ModelSelection Choose(IReadOnlyList<string> paths, ModelKind kind, string name)
    {
        if (kind == ModelKind.Dictionary)
        {
            return ChooseDictionary(paths, name);
        }

        if (paths.Any(path => path.StartsWith(CheckpointLayout.TransformerFolder + "/", StringComparison.Ordinal)))
        {
            return kind != ModelKind.Lora
                ? new ModelSelection(ModelKind.Checkpoint, [.. paths.Where(path => IsOfCheckpoint(path, paths))], "")
                : throw new DownloadException($"{name} is a checkpoint, not a LoRA.");
        }

        string? lora = LoraWeights.Select(file => paths.Where(path => FileName(path) == file).MinBy(path => path.Length)).FirstOrDefault(path => path is not null);
        if (lora is not null && kind == ModelKind.Checkpoint)
        {
            throw new DownloadException($"{name} is a LoRA, not a checkpoint: it changes one ({FileName(lora)}).");
        }

        string[] weights = [.. paths.Where(path => path.EndsWith(Weights, StringComparison.OrdinalIgnoreCase))];
        string main = lora ?? weights switch
        {
            [var only] => only,
            [] => throw new DownloadException($"{name} has no safetensors file. Weights in pickles (.bin, .ckpt, .pt) are not opened: they can run programs."),
            _ => throw new DownloadException($"{name} has several safetensors files: {string.Join(", ", weights.Take(8))}{(weights.Length > 8 ? ", ..." : "")}. Give the address of one of them."),
        };
        return new ModelSelection(kind == ModelKind.Any ? lora is null ? ModelKind.Any : ModelKind.Lora : kind, [main, .. paths.Where(path => IsBeside(path, main, ".json"))], main);
    }

    /// <summary>Whether a folder has every file that is needed.</summary>
    public bool IsComplete(string folder) => Kind switch
    {
        ModelKind.Checkpoint when Main.Length == 0 => CheckpointLayout.Parts.All(part => IsPartComplete(Path.Combine(folder, part.Folder), part.Weights))
            && File.Exists(Path.Combine(folder, CheckpointLayout.TextEncoderFolder, CheckpointLayout.TokenizerFile)),
        _ => File.Exists(Path.Combine(folder, Main)),
    };

    private static bool IsPartComplete(string folder, string weights)
    {
        if (!File.Exists(Path.Combine(folder, CheckpointLayout.ConfigFile)))
        {
            return false;
        }

        string index = Path.Combine(folder, weights + ".index.json");
        return File.Exists(Path.Combine(folder, weights)) || (File.Exists(index) && Shards(index) is { Count: > 0 } shards && shards.All(shard => File.Exists(Path.Combine(folder, shard))));
    }

    /// <summary>The files listed in an index of shards.</summary>
    private static HashSet<string> Shards(string index)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(index));
            return [.. document.RootElement.GetProperty("weight_map").EnumerateObject().Select(entry => entry.Value.GetString() ?? "").Where(SafePath.IsSafe)];
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return [];
        }
    }

    private static bool IsOfCheckpoint(string path, IReadOnlyList<string> paths)
    {
        if (path == CheckpointLayout.ConfigFile)
        {
            return true;
        }

        string[] segments = path.Split('/');
        if (segments.Length != 2 || !CheckpointFolders.Contains(segments[0]))
        {
            return false;
        }

        // If the same weights are there in several forms (fp16, shards), only the released one is needed.
        string weights = CheckpointLayout.Parts.FirstOrDefault(part => part.Folder == segments[0]).Weights ?? "";
        return !path.EndsWith(Weights, StringComparison.OrdinalIgnoreCase)
            ? path.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
            : paths.Contains($"{segments[0]}/{weights}") ? segments[1] == weights : Shard().IsMatch(segments[1]);
    }

    private static ModelSelection ChooseDictionary(IReadOnlyList<string> paths, string name)
    {
        string main = paths.Where(path => FileName(path) == DictionaryFile).MinBy(path => path.Length)
            ?? throw new DownloadException($"{name} is not a MeCab dictionary: it has no {DictionaryFile}.");
        string folder = main[..^DictionaryFile.Length];
        string[] files = [.. paths.Where(path => IsBeside(path, main, ".dic") || IsBeside(path, main, ".bin") || IsBeside(path, main, ".def") || path == folder + "dicrc")];
        return new ModelSelection(ModelKind.Dictionary, files, main);
    }

    private static bool IsBeside(string path, string main, string ending) =>
        path.EndsWith(ending, StringComparison.OrdinalIgnoreCase) && path[..^FileName(path).Length] == main[..^FileName(main).Length];

    private static string FileName(string path) => path[(path.LastIndexOf('/') + 1)..];

    [GeneratedRegex(@"-\d{5}-of-\d{5}\.safetensors\z")]
    private static partial Regex Shard();
}
