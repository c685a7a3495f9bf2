using System.Reflection;
using System.Runtime.CompilerServices;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace AceStep.Models;

/// <summary>A module that computes with its weights in another arrangement than the checkpoint's.</summary>
internal interface IRearrangesWeights
{
    /// <summary>A weight as the module computes with it.</summary>
    /// <param name="name">The weight's name in the module.</param>
    /// <param name="stored">The weight as the checkpoint has it; stays the caller's.</param>
    Parameter Rearrange(string name, Tensor stored);
}

/// <summary>Gives modules that were built on the META device their weights.</summary>
/// <remarks>
/// A parameter has two places in its module: the registry, and the field whose <see cref="ComponentNameAttribute"/> names it,
/// in TorchSharp's layers as in those here. Both are set, as <see cref="nn.Module"/>'s own <c>to</c> does.
/// </remarks>
internal static class ModuleLoader
{
    private const BindingFlags OwnFields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>
    /// Replaces every parameter of a module by the source's tensor of the same name: allocated once, in the given type and
    /// on the given device, and filled straight from the source. Everything is checked before anything is read.
    /// </summary>
    /// <param name="module">The module, built on the META device.</param>
    /// <param name="source">Where the weights are; a tensor that the module lacks is never read.</param>
    /// <param name="dtype">The type to hold the weights in.</param>
    /// <param name="device">The device to hold them on.</param>
    /// <param name="isUnused">Which of the source's other tensors are expected and left alone; null for none.</param>
    /// <param name="bytesRead">Counts the bytes of each tensor, as stored, when it has been read.</param>
    /// <param name="cancellationToken">Looked at before each tensor.</param>
    /// <exception cref="CheckpointMismatchException">Tensors are missing, unexpected or of another shape.</exception>
    /// <remarks>When this throws after reading began, the module is partly loaded; disposing it returns all memory.</remarks>
    public static void Load(
        nn.Module module,
        ITensorSource source,
        ScalarType dtype,
        Device device,
        Func<string, bool>? isUnused = null,
        ByteCount? bytesRead = null,
        CancellationToken cancellationToken = default)
    {
        List<Slot> slots = Check(module, source, isUnused);
        using var noGrad = no_grad();
        foreach (Slot slot in slots)
        {
            cancellationToken.ThrowIfCancellationRequested();
            slot.Set(ReadParameter(slot, source, dtype, device));
            bytesRead?.Add(source.StoredBytes(slot.Name));
        }
    }

    /// <summary>Compares a source with what a module needs: what <see cref="Load"/> does before it reads anything.</summary>
    /// <exception cref="CheckpointMismatchException">Tensors are missing, unexpected or of another shape.</exception>
    public static void Require(nn.Module module, ITensorSource source, Func<string, bool>? isUnused = null) =>
        _ = Check(module, source, isUnused);

    private static List<Slot> Check(nn.Module module, ITensorSource source, Func<string, bool>? isUnused)
    {
        List<Slot> slots = [];
        FindSlots(module, "", slots);
        ThrowIfMismatched(module, slots, source, isUnused);
        return slots;
    }

    private static void FindSlots(nn.Module module, string prefix, List<Slot> slots)
    {
        foreach ((string name, Parameter parameter) in module.named_parameters(recurse: false))
        {
            slots.Add(new Slot(module, FieldOf(module.GetType(), name), name, prefix + name, parameter.shape));
        }

        foreach ((string name, nn.Module child) in module.named_children())
        {
            FindSlots(child, $"{prefix}{name}.", slots);
        }
    }

    private static FieldInfo FieldOf(Type module, string name)
    {
        for (Type? type = module; type is not null && type != typeof(nn.Module); type = type.BaseType)
        {
            FieldInfo? field = Array.Find(
                type.GetFields(OwnFields),
                field => field.FieldType == typeof(Parameter) && field.GetCustomAttribute<ComponentNameAttribute>()?.Name == name);
            if (field is not null)
            {
                return field;
            }
        }

        throw new InvalidOperationException($"{module.Name} has a parameter \"{name}\" and no field for it: a field of type Parameter must have this name in its ComponentName.");
    }

    private static void ThrowIfMismatched(nn.Module module, List<Slot> slots, ITensorSource source, Func<string, bool>? isUnused)
    {
        HashSet<string> available = [.. source.Names];
        HashSet<string> needed = [.. slots.Select(slot => slot.Name)];
        List<string> missing = [.. slots.Select(slot => slot.Name).Where(name => !available.Contains(name))];
        List<string> unexpected = [.. source.Names.Where(name => !needed.Contains(name) && isUnused?.Invoke(name) != true)];
        List<string> misshapen = [];
        foreach (Slot slot in slots.Where(slot => available.Contains(slot.Name)))
        {
            IReadOnlyList<long> shape = source.Shape(slot.Name);
            ScalarType type = source.Type(slot.Name);
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

    private static Parameter ReadParameter(Slot slot, ITensorSource source, ScalarType dtype, Device device)
    {
        // Detached, so that weights outlive whatever scope the caller has open.
        Tensor weight = empty(slot.Shape, dtype: dtype, device: device).DetachFromDisposeScope();
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

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "ConditionallyRegisterParameter")]
    private static extern void Register(nn.Module module, string name, Parameter value);

    /// <summary>One parameter: who holds it, in which field, under which name there and in the checkpoint, and of which shape.</summary>
    private sealed record Slot(nn.Module Owner, FieldInfo Field, string LocalName, string Name, long[] Shape)
    {
        /// <summary>Puts a weight in the place of the parameter, which is disposed.</summary>
        public void Set(Parameter stored)
        {
            Parameter value = stored;
            if (Owner is IRearrangesWeights owner)
            {
                using (stored)
                {
                    value = owner.Rearrange(LocalName, stored);
                }
            }

            ((Parameter)Field.GetValue(Owner)!).Dispose();
            Field.SetValue(Owner, value);
            Register(Owner, LocalName, value);
        }
    }
}

/// <summary>Adds up the bytes that are read of one file or of several, and reports the sum after each tensor.</summary>
/// <param name="progress">Receives the sum; may be null.</param>
internal sealed class ByteCount(IProgress<long>? progress)
{
    private long _total;

    /// <summary>Adds bytes that were read.</summary>
    public void Add(long bytes)
    {
        _total += bytes;
        progress?.Report(_total);
    }
}
