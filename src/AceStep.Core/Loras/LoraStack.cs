using AceStep.Models;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AceStep.Loras;

/// <summary>The LoRAs of a pipeline, merged into the transformer's weights.</summary>
/// <remarks>
/// <para>
/// A changed weight is always computed from the checkpoint's file: W + sum of weight * scale * B A in float32, rounded once.
/// So the order of the LoRAs does not matter, and removing the last one restores the loaded bits exactly. No copy of the
/// loaded weights is kept; merging needs memory for two float32 copies of the largest weight.
/// </para>
/// <para>Changed only on the pipeline's thread. The list can be read on any thread, since every change replaces it by a new list.</para>
/// </remarks>
internal sealed class LoraStack : IDisposable
{
    private volatile ActiveLora[] _active = [];

    /// <summary>The LoRAs with their weights, in the order of loading.</summary>
    public IReadOnlyList<ActiveLora> Active => _active;

    /// <summary>Sets the LoRAs and weights that are in effect, after the caller has merged them.</summary>
    public void Set(IReadOnlyList<ActiveLora> active)
    {
        _active = [.. active];
        foreach (ActiveLora lora in active)
        {
            lora.Lora.Weight = lora.Weight;
        }
    }

    /// <summary>Computes the weights of modules from the checkpoint and the LoRAs. If no modules are given: of all that a LoRA changes.</summary>
    public static void Merge(
        IReadOnlyList<ActiveLora> loras, IReadOnlyDictionary<string, Parameter> weights, ITensorSource checkpoint, IEnumerable<string>? modules = null)
    {
        using var noGrad = no_grad();
        foreach (string module in modules ?? loras.SelectMany(lora => lora.Lora.Modules).Distinct())
        {
            using var scope = NewDisposeScope();
            string name = module + ".weight";
            Parameter weight = weights[name];
            ActiveLora[] active = [.. loras.Where(lora => lora.Weight != 0 && lora.Lora.File.Modules.ContainsKey(module))];
            if (active.Length == 0)
            {
                checkpoint.Read(name, weight);
                continue;
            }

            Tensor merged = empty(weight.shape, float32, weight.device);
            checkpoint.Read(name, merged);
            foreach (ActiveLora lora in active)
            {
                merged.AddInPlace(lora.Lora.File.Delta(module, weight.shape, weight.device), lora.Weight);
            }

            weight.copy_(merged);
        }
    }

    public void Dispose()
    {
        foreach (ActiveLora lora in _active)
        {
            lora.Lora.File.Dispose();
        }

        _active = [];
    }
}

/// <summary>A LoRA and the factor by which it is multiplied.</summary>
internal sealed record ActiveLora(Lora Lora, double Weight);
