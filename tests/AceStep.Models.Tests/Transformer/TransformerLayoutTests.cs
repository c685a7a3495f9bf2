using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>The released layout: full-size names and shapes, without memory.</summary>
public sealed class TransformerLayoutTests
{
    [Test]
    public void Parameters_ReleasedConfig_AreTheNeededTensorsOfTheReleasedFile()
    {
        Dictionary<string, string> released = ReleasedData.Tensors("ace_step_transformer").ShapesByName();
        using var transformer = new AceStepTransformer(TransformerConfig.Load(ReleasedData.ConfigPath("ace_step_transformer")));
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
}
