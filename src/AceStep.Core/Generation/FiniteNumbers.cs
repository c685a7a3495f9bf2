using System.Globalization;
using AceStep.Loras;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Generation;

/// <summary>Checks a network's output for NaN and infinity, and looks for the likely cause if there are any.</summary>
internal static class FiniteNumbers
{
    // Guidance scales are usually 1 to 30, omega 1 to 20; above this they are named as the likely cause.
    private const double UsualScale = 100;

    /// <summary>Whether every number is finite. Reads one truth value back from the device.</summary>
    public static bool Are(Tensor values)
    {
        using var scope = NewDisposeScope();
        return values.isfinite().all().item<bool>();
    }

    /// <summary>Checks the output of a network other than the transformer.</summary>
    /// <param name="values">The output.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="network">The network's name, for messages.</param>
    /// <param name="modules">Its modules; their weights are checked if the output is not finite.</param>
    /// <exception cref="NonFiniteResultException">A value is not finite.</exception>
    public static void Require(Tensor values, MusicStage stage, string network, params ReadOnlySpan<nn.Module> modules)
    {
        if (!Are(values))
        {
            throw Error(stage, network, null, "", BrokenWeight(modules) is { } weight ? DescribeWeight(weight) : "All of its weights are finite; they may belong to another model.");
        }
    }

    /// <summary>Checks the transformer's output: the encoded conditions, or the latents of the denoising loop.</summary>
    /// <param name="values">The output.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="transformer">The transformer.</param>
    /// <param name="watch">The record of the loop's evaluations; null before the loop.</param>
    /// <param name="request">The request, whose scales may be the cause.</param>
    /// <param name="loras">The LoRAs merged into the weights, which may be the cause.</param>
    /// <exception cref="NonFiniteResultException">A value is not finite.</exception>
    public static void RequireOfTransformer(Tensor values, MusicStage stage, nn.Module transformer, StepWatch? watch, MusicRequest request, IReadOnlyList<ActiveLora> loras)
    {
        if (Are(values))
        {
            return;
        }

        int? evaluation = watch?.FirstBroken();
        string where = evaluation is null ? "" : $", first in evaluation {Text(evaluation.Value)} of {Text(watch!.Count)}";
        throw Error(stage, "transformer", evaluation, where, BrokenWeight(transformer) is { } weight ? DescribeWeight(weight, loras) : DescribeScale(request, loras, watch is not null));
    }

    private static NonFiniteResultException Error(MusicStage stage, string network, int? evaluation, string where, string cause)
    {
        return new NonFiniteResultException(stage, network, evaluation, $"While {stage.Doing()}, the {network} returned values that are not finite (NaN or infinity){where}. {cause}");
    }

    /// <summary>The name of the first weight with a value that is not finite; null if there is none.</summary>
    private static string? BrokenWeight(params ReadOnlySpan<nn.Module> modules)
    {
        foreach (nn.Module module in modules)
        {
            foreach ((string name, TorchSharp.Modules.Parameter weight) in module.named_parameters())
            {
                if (!Are(weight))
                {
                    return name;
                }
            }
        }

        return null;
    }

    private static string DescribeWeight(string weight, IReadOnlyList<ActiveLora>? loras = null)
    {
        string module = weight[..Math.Max(0, weight.LastIndexOf('.'))];
        ActiveLora? active = loras?.FirstOrDefault(active => active.Lora.Modules.Contains(module));
        return active is null
            ? $"Its weight {weight} is not finite: the checkpoint is damaged. Download it again."
            : $"Its weight {weight} is not finite; the LoRA {active.Lora.Path} changes it (weight {Text(active.Weight)}).";
    }

    private static string DescribeScale(MusicRequest request, IReadOnlyList<ActiveLora> loras, bool isDenoising)
    {
        (string name, double value) = isDenoising ? request.Scales.MaxBy(scale => Math.Abs(scale.Value)) : default;
        return Math.Abs(value) > UsualScale ? $"The likely cause is the {name} of {Text(value)}; usual values are 1 to 30."
            : loras.Count > 0 ? $"All of its weights are finite. The likely cause is a LoRA that was made for another model, or one with too large a weight: {string.Join(", ", loras.Select(active => $"{active.Lora.Path} ({Text(active.Weight)})"))}."
            : "All of its weights are finite; they may belong to another model.";
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}

/// <summary>
/// Records on the device whether the latents of each evaluation were finite. Nothing is read back while the loop runs, and
/// nothing at all if the result is finite.
/// </summary>
internal sealed class StepWatch : IDisposable
{
    private readonly List<Tensor> _sums = [];

    /// <summary>The number of recorded evaluations.</summary>
    public int Count => _sums.Count;

    /// <summary>Records an evaluation by the sum of its latents, which is not finite if one of them is not.</summary>
    public void Mark(Tensor latents)
    {
        using var scope = NewDisposeScope();
        _sums.Add(latents.sum(type: float32).DetachFromDisposeScope());
    }

    /// <summary>The first evaluation, counted from 1, whose latents were not finite; null if all were finite.</summary>
    public int? FirstBroken()
    {
        using var scope = NewDisposeScope();
        int index = Array.FindIndex(_sums.Count == 0 ? [] : stack(_sums).cpu().data<float>().ToArray(), sum => !float.IsFinite(sum));
        return index < 0 ? null : index + 1;
    }

    public void Dispose()
    {
        foreach (Tensor sum in _sums)
        {
            sum.Dispose();
        }

        _sums.Clear();
    }
}
