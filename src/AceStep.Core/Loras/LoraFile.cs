using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Loras;

/// <summary>A LoRA file, checked against the model before anything changes: per module the two factors and their own scale.</summary>
internal sealed class LoraFile : IDisposable
{
    /// <summary>The published file's name within its folder.</summary>
    public const string FileName = "pytorch_lora_weights.safetensors";

    private readonly SafetensorsFile _file;

    private LoraFile(SafetensorsFile file, IReadOnlyDictionary<string, LoraFactors> modules, IReadOnlyList<string> unused)
    {
        _file = file;
        Modules = modules;
        Unused = unused;
    }

    /// <summary>The modules that the file changes, by the model's names.</summary>
    public IReadOnlyDictionary<string, LoraFactors> Modules { get; }

    /// <summary>The modules that the checkpoint has and inference does not use.</summary>
    public IReadOnlyList<string> Unused { get; }

    /// <summary>Opens a file, or the published folder that holds one.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="useStoredAlpha">Whether the header's alpha counts where there are no alpha tensors.</param>
    /// <param name="weightShapes">The shape of each module's weight.</param>
    /// <param name="isUnused">Whether the released model has a module that inference does not use.</param>
    /// <exception cref="CheckpointFormatException">Malformed: a factor without its partner, rank 0, values that are not finite.</exception>
    /// <exception cref="CheckpointMismatchException">A module that the model lacks, or shapes that do not fit, each named.</exception>
    public static LoraFile Open(string path, bool useStoredAlpha, IReadOnlyDictionary<string, long[]> weightShapes, IReadOnlyCollection<string> isUnused)
    {
        SafetensorsFile file = SafetensorsFile.Open(ResolvePath(path));
        try
        {
            return Parse(file, useStoredAlpha, weightShapes, isUnused);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    /// <summary>What the file adds to a module's weight at weight 1, in float32 on the given device: scale * B A, in the weight's shape.</summary>
    public Tensor Delta(string module, long[] shape, Device device)
    {
        using var scope = NewDisposeScope();
        LoraFactors factors = Modules[module];
        Tensor down = _file.Read(factors.Down).to(float32, device).reshape(factors.Rank, -1); // [rank, in]
        Tensor up = _file.Read(factors.Up).to(float32, device).reshape(-1, factors.Rank); // [out, rank]
        Tensor product = up.matmul(down).reshape(shape);
        return (factors.Scale == 1 ? product : product.MultiplyInPlace(factors.Scale)).MoveToOuterDisposeScope();
    }

    private static string ResolvePath(string path)
    {
        if (!Directory.Exists(path))
        {
            return path;
        }

        string inside = Path.Combine(path, FileName);
        return File.Exists(inside) ? inside : throw new FileNotFoundException($"The LoRA folder {path} has no {FileName}.", inside);
    }

    private static LoraFile Parse(SafetensorsFile file, bool useStoredAlpha, IReadOnlyDictionary<string, long[]> weightShapes, IReadOnlyCollection<string> unusedModules)
    {
        LoraNames names = new(weightShapes.Keys.Concat(unusedModules));
        Dictionary<string, Dictionary<LoraPart, string>> parts = [];
        List<string> unexpected = [];
        foreach (string name in file.Names)
        {
            if (names.Parse(name) is not var (module, part))
            {
                unexpected.Add(name);
            }
            else if (!parts.TryGetValue(module, out Dictionary<LoraPart, string>? named))
            {
                parts[module] = new() { [part] = name };
            }
            else if (!named.TryAdd(part, name))
            {
                throw new CheckpointFormatException(file.Path, $"module {module} has this part twice; {named[part]} is the other", name);
            }
        }

        if (parts.Count == 0 && unexpected.Count == 0)
        {
            throw new CheckpointFormatException(file.Path, "a LoRA must hold at least one pair of factors; this file has no tensor");
        }

        LoraMetadata? metadata = useStoredAlpha ? LoraMetadata.Read(file) : null;
        List<string> misshapen = [];
        Dictionary<string, LoraFactors> modules = [];
        List<string> unused = [];
        foreach ((string module, Dictionary<LoraPart, string> named) in parts)
        {
            if (!named.TryGetValue(LoraPart.Down, out string? down) || !named.TryGetValue(LoraPart.Up, out string? up))
            {
                throw new CheckpointFormatException(file.Path, $"module {module} must have both factors, A (down) and B (up)", named.Values.First());
            }

            if (!weightShapes.TryGetValue(module, out long[]? shape))
            {
                unused.Add(module);
                continue;
            }

            if (Misfit(file, down, up, shape) is { } misfit)
            {
                misshapen.Add(misfit);
                continue;
            }

            int rank = (int)file.Shape(down)[0];
            double scale = named.TryGetValue(LoraPart.Alpha, out string? alpha)
                ? ReadAlpha(file, alpha) / rank
                : metadata?.Scale(module, rank) ?? (double)FirstRank(file, parts) / rank;
            modules[module] = new LoraFactors(down, up, rank, scale);
        }

        if (unexpected.Count + misshapen.Count > 0)
        {
            throw new CheckpointMismatchException(file.Path, "the transformer as a LoRA", [], unexpected, misshapen);
        }

        RequireFinite(file, modules.Values);
        return new LoraFile(file, modules, unused);
    }

    private static string? Misfit(SafetensorsFile file, string down, string up, long[] shape)
    {
        IReadOnlyList<long> a = file.Shape(down);
        IReadOnlyList<long> b = file.Shape(up);
        bool isPair = a.Count >= 2 && b.Count >= 2 && a[0] == b[1] && b.Skip(2).All(size => size == 1);
        if (isPair && a[0] == 0)
        {
            throw new CheckpointFormatException(file.Path, "the rank must be at least 1; it is 0", down);
        }

        bool fits = isPair && b[0] == shape[0] && a.Skip(1).Aggregate(1L, (product, size) => product * size) == shape.Skip(1).Aggregate(1L, (product, size) => product * size);
        return fits ? null : $"{down} [{string.Join(", ", a)}] and {up} [{string.Join(", ", b)}] must multiply to [{string.Join(", ", shape)}]";
    }

    /// <summary>
    /// The rank of the file's first module. The original takes it for the alpha of all where nothing says otherwise, so
    /// modules of another rank are scaled by the ratio: 1 wherever all ranks are equal.
    /// </summary>
    private static long FirstRank(SafetensorsFile file, Dictionary<string, Dictionary<LoraPart, string>> parts) =>
        file.Shape(parts.Values.First()[LoraPart.Down])[0];

    private static double ReadAlpha(SafetensorsFile file, string name)
    {
        using Tensor stored = file.Read(name);
        using Tensor value = stored.to(float64);
        double alpha = value.numel() == 1 ? value.data<double>()[0] : double.NaN;
        return double.IsFinite(alpha) ? alpha : throw new CheckpointFormatException(file.Path, "alpha must be one finite number", name);
    }

    private static void RequireFinite(SafetensorsFile file, IEnumerable<LoraFactors> modules)
    {
        foreach (string name in modules.SelectMany(factors => new[] { factors.Down, factors.Up }))
        {
            using var scope = NewDisposeScope();
            if (!file.Read(name).isfinite().all().item<bool>())
            {
                throw new CheckpointFormatException(file.Path, "values must be finite; there is a NaN or an infinity", name);
            }
        }
    }
}

/// <summary>The factors of one module: their names in the file, their rank, and the scale that the file itself asks for.</summary>
internal sealed record LoraFactors(string Down, string Up, int Rank, double Scale);
