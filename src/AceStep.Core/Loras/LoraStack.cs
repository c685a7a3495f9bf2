using AceStep.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AceStep.Loras;

/// <summary>The LoRAs of a pipeline, merged into the transformer's weights.</summary>
/// <remarks>
/// A touched weight is always computed anew from the checkpoint's file, W + sum of weight * scale * B A in float32,
/// rounded once. So the order of the LoRAs does not matter, taking the last one away gives back the loaded bits, and no
/// copy of the original weights is kept: the extra memory is two float32 copies of the largest weight, while merging.
/// </remarks>
internal sealed class LoraStack : IDisposable
{
    private readonly List<Lora> _loras = [];

    public IReadOnlyList<Lora> Loras => _loras;

    /// <summary>Adds a LoRA; <see cref="Merge"/> puts it into effect.</summary>
    public void Add(Lora lora) => _loras.Add(lora);

    /// <summary>Takes a LoRA away; the caller merges its modules and disposes of its file.</summary>
    public void Remove(Lora lora) => _loras.Remove(lora);

    /// <summary>Computes the weights of some modules anew; of all that any LoRA touches where none are named.</summary>
    public void Merge(IReadOnlyDictionary<string, Parameter> weights, ITensorSource checkpoint, IEnumerable<string>? modules = null)
    {
        using var noGrad = no_grad();
        foreach (string module in modules ?? _loras.SelectMany(lora => lora.Modules).Distinct())
        {
            using var scope = NewDisposeScope();
            string name = module + ".weight";
            Parameter weight = weights[name];
            Lora[] active = [.. _loras.Where(lora => lora.Weight != 0 && lora.File.Modules.ContainsKey(module))];
            if (active.Length == 0)
            {
                checkpoint.Read(name, weight);
                continue;
            }

            Tensor merged = empty(weight.shape, float32, weight.device);
            checkpoint.Read(name, merged);
            foreach (Lora lora in active)
            {
                merged.AddInPlace(lora.File.Delta(module, weight.shape, weight.device), lora.Weight);
            }

            weight.copy_(merged);
        }
    }

    public void Dispose()
    {
        foreach (Lora lora in _loras)
        {
            lora.File.Dispose();
        }

        _loras.Clear();
    }
}
