using AceStep.Testing;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>The released layout: full-size names and shapes, without memory.</summary>
public sealed class TransformerLayoutTests
{
    private static readonly string Data = Path.Combine(ReferenceData.RepositoryRoot, "tests", "data", "checkpoint");

    private static TransformerConfig ReleasedConfig => TransformerConfig.Load(Path.Combine(Data, "configs", "ace_step_transformer", "config.json"));

    [Test]
    public void Parameters_ReleasedConfig_AreTheNeededTensorsOfTheReleasedFile()
    {
        Dictionary<string, string> released = ReadKeys();
        using var transformer = new AceStepTransformer(ReleasedConfig);
        Dictionary<string, string> built = transformer.named_parameters().ToDictionary(entry => entry.name, entry => string.Join(",", entry.parameter.shape));

        string[] unused = [.. released.Keys.Where(AceStepTransformer.IsUnused)];
        using (Assert.EnterMultipleScope())
        {
            Assert.That(unused, Has.Length.EqualTo(204));
            Assert.That(built, Has.Count.EqualTo(670));
            Assert.That(built, Is.EquivalentTo(released.Where(entry => !AceStepTransformer.IsUnused(entry.Key))));
            Assert.That(transformer.parameters().Sum(parameter => parameter.numel()), Is.EqualTo(2_588_427_392));
            Assert.That(transformer.parameters(), Has.All.Matches<Tensor>(parameter => parameter.device.type == DeviceType.META));
            Assert.That(transformer.buffers(), Is.Empty);
        }
    }

    [TestCase("projectors.0.0.weight", true)]
    [TestCase("projectors.1.4.bias", true)]
    [TestCase("transformer_blocks.23.cross_attn.add_q_proj.weight", true)]
    [TestCase("transformer_blocks.0.cross_attn.to_add_out.bias", true)]
    [TestCase("transformer_blocks.0.attn.add_q_proj.weight", false)]
    [TestCase("transformer_blocks.0.cross_attn.to_q.weight", false)]
    [TestCase("transformer_blocks.0.cross_attn.add_q_proj.lora", false)]
    [TestCase("projectors", false)]
    public void IsUnused_Name_SaysWhetherItIsListed(string name, bool expected) =>
        Assert.That(AceStepTransformer.IsUnused(name), Is.EqualTo(expected));

    /// <summary>Name to shape of the released file's tensors.</summary>
    private static Dictionary<string, string> ReadKeys() =>
        File.ReadLines(Path.Combine(Data, "keys", "ace_step_transformer.tsv"))
            .Where(line => !line.StartsWith('#') && !line.StartsWith("name\t", StringComparison.Ordinal))
            .Select(line => line.Split('\t'))
            .ToDictionary(fields => fields[0], fields => fields[2].Trim('[', ']').Replace(" ", "", StringComparison.Ordinal));
}
