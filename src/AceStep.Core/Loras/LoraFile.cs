using System.Globalization;
using AceStep.Checkpoints;
using AceStep.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Loras;

/// <summary>An opened LoRA file: two factors and a scale for each module. It is checked against the model before any weight changes.</summary>
internal sealed class LoraFile : IDisposable
{
    private readonly SafetensorsFile _file;

    private LoraFile(SafetensorsFile file, IReadOnlyDictionary<string, LoraFactors> modules, IReadOnlyList<string> unused, string? scaleWarning)
    {
        _file = file;
        Modules = modules;
        Unused = unused;
        ScaleWarning = scaleWarning;
    }

    /// <summary>The modules that the file changes, by their names in the model.</summary>
    public IReadOnlyDictionary<string, LoraFactors> Modules { get; }

    /// <summary>Modules of the file that are in the checkpoint but not used in inference.</summary>
    public IReadOnlyList<string> Unused { get; }

    /// <summary>A warning about the scale: a stored alpha is ignored, or there is none to use. Null if there is nothing to say.</summary>
    public string? ScaleWarning { get; }

    /// <summary>Opens a file, or a folder that holds one.</summary>
    /// <param name="path">The file or folder: see <see cref="LoraPlace"/>.</param>
    /// <param name="useStoredAlpha">Whether the alpha in the file's config is used if there are no alpha tensors.</param>
    /// <param name="weightShapes">The shape of each module's weight.</param>
    /// <param name="isUnused">The released model's modules that inference does not use.</param>
    /// <exception cref="CheckpointFormatException">The file is malformed (a factor without its partner, rank 0, values that are not finite) or something else, such as a checkpoint or a DoRA.</exception>
    /// <exception cref="CheckpointMismatchException">The model lacks a module of the file, or shapes do not fit. The message names each.</exception>
    public static LoraFile Open(string path, bool useStoredAlpha, IReadOnlyDictionary<string, long[]> weightShapes, IReadOnlyCollection<string> isUnused)
    {
        SafetensorsFile file = SafetensorsFile.Open(LoraPlace.Find(path));
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

    /// <summary>Throws if a path is not a LoRA of two factors, judged by its header. Whether it fits the model is checked when it is opened.</summary>
    /// <param name="path">The file or folder: see <see cref="LoraPlace"/>.</param>
    /// <exception cref="FileNotFoundException">There is nothing at the path, or no LoRA in the folder, or several.</exception>
    /// <exception cref="CheckpointFormatException">The file is malformed, or another kind of file or adapter.</exception>
    public static void Require(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(LoraPlace.Find(path));
        RequireLora(file);
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The change of a module's weight at the LoRA's weight 1: scale * B A in float32, in the weight's shape, on the given device.</summary>
    public Tensor Delta(string module, long[] shape, Device device)
    {
        using var scope = NewDisposeScope();
        LoraFactors factors = Modules[module];
        Tensor down = _file.Read(factors.Down).to(float32, device).reshape(factors.Rank, -1); // [rank, in]
        Tensor up = _file.Read(factors.Up).to(float32, device).reshape(-1, factors.Rank); // [out, rank]
        Tensor product = up.matmul(down).reshape(shape);
        return (factors.Scale == 1 ? product : product.MultiplyInPlace(factors.Scale)).MoveToOuterDisposeScope();
    }

    private static LoraFile Parse(SafetensorsFile file, bool useStoredAlpha, IReadOnlyDictionary<string, long[]> weightShapes, IReadOnlyCollection<string> unusedModules)
    {
        RequireLora(file);
        Dictionary<string, Dictionary<LoraPart, string>> parts = Group(file, new LoraNames(weightShapes.Keys.Concat(unusedModules)), out List<string> unexpected);
        LoraConfig? config = LoraConfig.Find(file, isNeeded: useStoredAlpha);
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
                : useStoredAlpha && config is not null ? config.Scale(module, rank)
                : (double)FirstRank(file, parts) / rank;
            modules[module] = new LoraFactors(down, up, rank, scale);
        }

        if (unexpected.Count + misshapen.Count > 0)
        {
            throw new CheckpointMismatchException(file.Path, "the transformer as a LoRA", [], unexpected, misshapen);
        }

        RequireFinite(file, modules.Values);
        return new LoraFile(file, modules, unused, DescribeScale(config, useStoredAlpha, modules, hasAlphaTensors: parts.Values.Any(named => named.ContainsKey(LoraPart.Alpha))));
    }

    /// <summary>Throws if the file is not a LoRA, or is another kind of adapter; the message names the kind.</summary>
    private static void RequireLora(SafetensorsFile file)
    {
        if (TensorKinds.WhyNoLora(TensorKinds.Of([.. file.Names])) is { } why)
        {
            throw new CheckpointFormatException(file.Path, $"a LoRA must hold pairs of factors for this model; this file {why}");
        }

        foreach (string name in file.Names)
        {
            if (LoraNames.OtherKindOf(name) is { } kind)
            {
                throw new CheckpointFormatException(file.Path, $"a LoRA must have two factors for each module; this is {kind}, which is not supported", name);
            }
        }
    }

    /// <summary>Groups the tensors by module and by their part in it.</summary>
    private static Dictionary<string, Dictionary<LoraPart, string>> Group(SafetensorsFile file, LoraNames names, out List<string> unexpected)
    {
        Dictionary<string, Dictionary<LoraPart, string>> parts = [];
        HashSet<string> adapters = [];
        unexpected = [];
        foreach (string name in file.Names)
        {
            if (names.Parse(name) is not { } parsed)
            {
                unexpected.Add(name);
                continue;
            }

            if (parsed.Adapter is not null && adapters.Add(parsed.Adapter) && adapters.Count > 1)
            {
                throw new CheckpointFormatException(file.Path, $"a LoRA file must hold one adapter; this one holds {string.Join(", ", adapters)}", name);
            }

            if (!parts.TryGetValue(parsed.Module, out Dictionary<LoraPart, string>? named))
            {
                parts[parsed.Module] = named = [];
            }

            if (!named.TryAdd(parsed.Part, name))
            {
                throw new CheckpointFormatException(file.Path, $"module {parsed.Module} has this part twice; {named[parsed.Part]} is the other", name);
            }
        }

        return parts.Count > 0 || unexpected.Count > 0
            ? parts
            : throw new CheckpointFormatException(file.Path, "a LoRA must hold at least one pair of factors; this file has no tensor");
    }

    /// <summary>The warning that a stored alpha is ignored, or that there is none to use.</summary>
    private static string? DescribeScale(LoraConfig? config, bool useStoredAlpha, Dictionary<string, LoraFactors> modules, bool hasAlphaTensors)
    {
        if (useStoredAlpha)
        {
            return hasAlphaTensors ? "Its alpha tensors always apply, so asking for the stored alpha changes nothing."
                : config is null ? "No alpha is stored in its header or beside it (adapter_config.json, config.json), so asking for the stored alpha changes nothing."
                : null;
        }

        // The original ignores these scales, so they are used only on request.
        (string module, LoraFactors factors) = modules.FirstOrDefault();
        return config is null || hasAlphaTensors || module is null || config.Scale(module, factors.Rank) is var scale && Math.Abs(scale - factors.Scale) < 1e-9
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"It was trained with the scale {config.Scale(module, factors.Rank):0.####} (alpha in {config.Origin}), which is ignored, as in the original, unless the stored alpha is asked for (useStoredAlpha, --lora-stored-alpha).");
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
    /// The rank of the file's first module. As in the original it is every module's alpha if the file gives none, so modules
    /// of another rank are scaled by the ratio. If all ranks are equal, the scale is 1.
    /// </summary>
    private static long FirstRank(SafetensorsFile file, Dictionary<string, Dictionary<LoraPart, string>> parts) =>
        file.Shape(parts.Values.First()[LoraPart.Down]) is [> 0 and long rank, ..]
            ? rank
            : throw new CheckpointFormatException(file.Path, "a factor must have a rank of at least 1; the other modules are scaled by it", parts.Values.First()[LoraPart.Down]);

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
