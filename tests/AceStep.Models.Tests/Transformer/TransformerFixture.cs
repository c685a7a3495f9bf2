using System.Globalization;
using System.Text.RegularExpressions;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>The references' checkpoint and tensors, for the tests of the transformer and its lyric encoder.</summary>
internal static class TransformerFixture
{
    public static string Folder => ReferenceData.Require("checkpoint-tiny", "ace_step_transformer");

    public static TransformerConfig Config => TransformerConfig.Load(Path.Combine(Folder, "config.json"));

    public static AceStepTransformer Load(ScalarType dtype = ScalarType.Float32)
    {
        using SafetensorsFile weights = OpenWeights();
        return AceStepTransformer.Load(Config, weights, dtype, CPU);
    }

    public static SafetensorsFile OpenWeights() => SafetensorsFile.Open(Path.Combine(Folder, "diffusion_pytorch_model.safetensors"));

    /// <summary>The numbers n for which a reference has a tensor of the name prefix + n.</summary>
    public static IReadOnlyList<int> Indices(SafetensorsFile reference, string prefix) =>
    [
        .. reference.Entries.Keys
            .Select(name => Regex.Match(name, $"^{Regex.Escape(prefix)}([0-9]+)$"))
            .Where(match => match.Success)
            .Select(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture))
            .Order(),
    ];
}
