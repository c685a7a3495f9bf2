using TorchSharp;
using TorchSharp.Modules;

namespace AceStep.Models;

/// <summary>Gives modules that were built on the META device their weights.</summary>
internal static class ModuleLoader
{
    /// <summary>
    /// Replaces every parameter of a module by the source's tensor of the same name: allocated once, in the given type and
    /// on the given device, and filled straight from the source. Everything is checked before anything is read.
    /// </summary>
    /// <param name="module">The module, built on the META device.</param>
    /// <param name="source">Where the weights are; a tensor that the module lacks is never read.</param>
    /// <param name="dtype">The type to hold the weights in.</param>
    /// <param name="device">The device to hold them on.</param>
    /// <param name="isKnownUnused">Which of the source's other tensors are expected and left alone.</param>
    /// <param name="bytesRead">Told after each tensor how many of <see cref="CountBytes"/> have been read.</param>
    /// <param name="cancellationToken">Looked at before each tensor.</param>
    /// <exception cref="CheckpointMismatchException">Tensors are missing, unexpected or of another shape.</exception>
    /// <remarks>When this throws after reading began, the module is partly loaded; disposing it returns all memory.</remarks>
    public static void Load(
        torch.nn.Module module,
        ITensorSource source,
        torch.ScalarType dtype,
        torch.Device device,
        Func<string, bool>? isKnownUnused = null,
        IProgress<long>? bytesRead = null,
        CancellationToken cancellationToken = default)
    {
        List<Slot> slots = Check(module, source, isKnownUnused);
        using var noGrad = torch.no_grad();
        long total = 0;
        foreach (Slot slot in slots)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Assign(slot.Owner, slot.LocalName, ReadParameter(slot, source, dtype, device));
            total += source.StoredBytes(slot.Name);
            bytesRead?.Report(total);
        }
    }

    /// <summary>Compares a source with what a module needs: what <see cref="Load"/> does before it reads anything.</summary>
    /// <exception cref="CheckpointMismatchException">Tensors are missing, unexpected or of another shape.</exception>
    public static void Require(torch.nn.Module module, ITensorSource source, Func<string, bool>? isKnownUnused = null) =>
        _ = Check(module, source, isKnownUnused);

    /// <summary>The number of bytes that <see cref="Load"/> will read from the source, as stored.</summary>
    public static long CountBytes(torch.nn.Module module, ITensorSource source)
    {
        List<Slot> slots = [];
        FindSlots(module, "", slots);
        HashSet<string> names = [.. source.Names];
        return slots.Where(slot => names.Contains(slot.Name)).Sum(slot => source.StoredBytes(slot.Name));
    }

    private static List<Slot> Check(torch.nn.Module module, ITensorSource source, Func<string, bool>? isKnownUnused)
    {
        List<Slot> slots = [];
        FindSlots(module, "", slots);
        ThrowIfMismatched(module, slots, source, isKnownUnused);
        return slots;
    }

    private static void FindSlots(torch.nn.Module module, string prefix, List<Slot> slots)
    {
        foreach ((string name, Parameter parameter) in module.named_parameters(recurse: false))
        {
            slots.Add(new Slot(module, name, prefix + name, parameter.shape));
        }

        foreach ((string name, torch.nn.Module child) in module.named_children())
        {
            FindSlots(child, $"{prefix}{name}.", slots);
        }
    }

    private static void ThrowIfMismatched(torch.nn.Module module, List<Slot> slots, ITensorSource source, Func<string, bool>? isKnownUnused)
    {
        HashSet<string> available = [.. source.Names];
        HashSet<string> needed = [.. slots.Select(slot => slot.Name)];
        List<string> missing = [.. slots.Select(slot => slot.Name).Where(name => !available.Contains(name))];
        List<string> unexpected = [.. source.Names.Where(name => !needed.Contains(name) && isKnownUnused?.Invoke(name) != true)];
        List<string> misshapen = [];
        foreach (Slot slot in slots.Where(slot => available.Contains(slot.Name)))
        {
            IReadOnlyList<long> shape = source.Shape(slot.Name);
            torch.ScalarType type = source.Type(slot.Name);
            if (!shape.SequenceEqual(slot.Shape))
            {
                misshapen.Add($"{slot.Name} is [{string.Join(", ", shape)}] and must be [{string.Join(", ", slot.Shape)}]");
            }
            else if (!SafetensorsType.IsFloat(type))
            {
                misshapen.Add($"{slot.Name} is {SafetensorsType.NameOf(type)} and must be F64, F32, F16, BF16 or F8");
            }
        }

        if (missing.Count + unexpected.Count + misshapen.Count > 0)
        {
            throw new CheckpointMismatchException(source.Origin, module.GetType().Name, missing, unexpected, misshapen);
        }
    }

    private static Parameter ReadParameter(Slot slot, ITensorSource source, torch.ScalarType dtype, torch.Device device)
    {
        // Detached, so that weights outlive whatever scope the caller has open.
        torch.Tensor weight = torch.empty(slot.Shape, dtype: dtype, device: device).DetachFromDisposeScope();
        try
        {
            source.Read(slot.Name, weight);
            return new Parameter(weight, requires_grad: false);
        }
        catch
        {
            weight.Dispose();
            throw;
        }
    }

    private static void Assign(torch.nn.Module owner, string name, Parameter value)
    {
        switch (owner, name)
        {
            case (IHasParameters module, _): module.Assign(name, value); break;
            case (Linear layer, "weight"): layer.weight = value; break;
            case (Linear layer, "bias"): layer.bias = value; break;
            case (Convolution layer, "weight"): layer.weight = value; break;
            case (Convolution layer, "bias"): layer.bias = value; break;
            case (LayerNorm layer, "weight"): layer.weight = value; break;
            case (LayerNorm layer, "bias"): layer.bias = value; break;
            case (GroupNorm layer, "weight"): layer.weight = value; break;
            case (GroupNorm layer, "bias"): layer.bias = value; break;
            default:
                value.Dispose();
                throw new InvalidOperationException($"{owner.GetType().Name} has no setter for its parameter \"{name}\"; it must implement {nameof(IHasParameters)}.");
        }
    }

    /// <summary>One parameter: who holds it, under which name there and in the checkpoint, and of which shape.</summary>
    private sealed record Slot(torch.nn.Module Owner, string LocalName, string Name, long[] Shape);
}
