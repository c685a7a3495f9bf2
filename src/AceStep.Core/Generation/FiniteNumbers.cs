using System.Globalization;
using AceStep.Loras;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Generation;

/// <summary>Checks what a network gives for NaN and infinity; where there are some, a second look finds the likely cause.</summary>
internal static class FiniteNumbers
{
    // Guidance is 1 to 30 as a rule, omega 1 to 20.
    private const double UsualScale = 100;

    /// <summary>Whether every number is finite. Reads one truth value back from the device.</summary>
    public static bool Are(Tensor values)
    {
        using var scope = NewDisposeScope();
        return values.isfinite().all().item<bool>();
    }

    /// <summary>Checks what a network other than the transformer gave.</summary>
    /// <param name="values">What it gave.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="network">The network, for messages.</param>
    /// <param name="modules">Its modules, whose weights are looked at where the values are not finite.</param>
    /// <exception cref="NonFiniteResultException">They are not finite.</exception>
    public static void Require(Tensor values, MusicStage stage, string network, params ReadOnlySpan<nn.Module> modules)
    {
        if (!Are(values))
        {
            throw Error(stage, network, null, "", BrokenWeight(modules) is { } weight ? DescribeWeight(weight) : "All of its weights are finite: they may not belong to this model.");
        }
    }

    /// <summary>Checks what the transformer gave: the encoded conditions, or the latents of the loop.</summary>
    /// <param name="values">What it gave.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="transformer">The transformer.</param>
    /// <param name="watch">What was marked in the loop; null before it.</param>
    /// <param name="request">Whose scales may be the cause.</param>
    /// <param name="loras">The LoRAs that are part of the weights.</param>
    /// <exception cref="NonFiniteResultException">They are not finite.</exception>
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
        string task = stage switch
        {
            MusicStage.EncodingSource => "encoding the source",
            MusicStage.Conditioning => "encoding prompt and lyrics",
            MusicStage.Denoising => "denoising",
            _ => "decoding",
        };
        return new NonFiniteResultException(stage, network, evaluation, $"While {task}, the {network} gave numbers that are not finite (NaN or infinity){where}. {cause}");
    }

    /// <summary>The first weight that is not finite; null for none.</summary>
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
            ? $"Its weight {weight} is not finite: the checkpoint is damaged. Fetch it again."
            : $"Its weight {weight} is not finite; the LoRA {active.Lora.Path} changes it, with the weight {Text(active.Weight)}.";
    }

    private static string DescribeScale(MusicRequest request, IReadOnlyList<ActiveLora> loras, bool isDenoising)
    {
        (string Name, double Value)[] scales = !isDenoising ? [] :
        [
            .. request is GuidedMusicRequest { Guidance: { } guidance }
                ? ((string, double)[])[("guidance scale", guidance.Scale), ("guidance scale of the text", guidance.TextScale), ("guidance scale of the lyrics", guidance.LyricScale), ("least guidance scale", guidance.MinScale)]
                : [],
            .. request is StyleTransferRequest transfer ? ((string, double)[])[("guidance scale", transfer.GuidanceScale)] : [],
            ("omega scale", request.Generation.OmegaScale),
        ];
        (string name, double value) = scales.MaxBy(scale => Math.Abs(scale.Value));
        return Math.Abs(value) > UsualScale ? $"The {name} of {Text(value)} is the likely cause: 1 to 30 is usual."
            : loras.Count > 0 ? $"All of its weights are finite. A LoRA that does not belong to this model, or too large a weight of one, is the likely cause: {string.Join(", ", loras.Select(active => $"{active.Lora.Path} ({Text(active.Weight)})"))}."
            : "All of its weights are finite: they may not belong to this model.";
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}

/// <summary>
/// Remembers of each evaluation whether its latents were finite, on the device: nothing is read back while the loop runs,
/// and nothing at all where the result is finite.
/// </summary>
internal sealed class StepWatch : IDisposable
{
    private readonly List<Tensor> _sums = [];

    /// <summary>The evaluations that have been marked.</summary>
    public int Count => _sums.Count;

    /// <summary>Remembers an evaluation's latents: a sum is not finite where one of its numbers is not.</summary>
    public void Mark(Tensor latents)
    {
        using var scope = NewDisposeScope();
        _sums.Add(latents.sum(type: float32).DetachFromDisposeScope());
    }

    /// <summary>The first evaluation, from 1, whose latents were not finite; null where all were.</summary>
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
