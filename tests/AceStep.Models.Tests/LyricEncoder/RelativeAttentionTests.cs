using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>The attention over more tokens than the references have, against its definition.</summary>
[Category(ReferenceData.Category)]
public sealed class RelativeAttentionTests
{
    [Test]
    public void Forward_SeveralWindows_EqualsDefinition([Values(1, RelativeAttention.QueryWindow, RelativeAttention.QueryWindow + 1, 600)] int length)
    {
        using var scope = NewDisposeScope();
        using AceStepTransformer transformer = TransformerFixture.Load();
        using var generator = new Generator(5);
        const string Name = "lyric_encoder.encoders.1.self_attn";
        int width = transformer.Config.LyricWidth;
        int heads = transformer.Config.LyricAttentionHeads;
        int headSize = width / heads;
        Tensor hiddenStates = randn(2, length, width, generator: generator);
        Tensor isPadding = zeros(2, 1, 1, length, dtype: ScalarType.Bool);
        isPadding[1].narrow(-1, 0, 1).copy_(ones(1));
        Tensor positions = RelativePositions.Create(length, width, float32, CPU);
        Tensor actual = CodecFixture.Part<RelativeAttention>(transformer, Name).call(hiddenStates, positions, isPadding, false);

        Tensor query = Project("linear_q", hiddenStates);
        Tensor key = Project("linear_k", hiddenStates);
        Tensor value = Project("linear_v", hiddenStates);
        Tensor index = tensor(Enumerable.Range(0, length * length).Select(i => (long)(length - 1 - (i / length) + (i % length))).ToArray()); // the table's row of query i and key j
        Tensor position = Project("linear_pos", positions.unsqueeze(0))[0].index_select(0, index).view(length, length, heads, headSize);
        Tensor byContent = einsum("bihd,bjhd->bhij", query.Plus(Parameter("pos_bias_u")), key);
        Tensor byPosition = einsum("bihd,ijhd->bhij", query.Plus(Parameter("pos_bias_v")), position);
        Tensor scores = byContent.Plus(byPosition).Over(Math.Sqrt(headSize));
        Tensor weights = scores.FillInPlace(isPadding, double.NegativeInfinity).softmax(-1).FillInPlace(isPadding, 0);
        Tensor attended = einsum("bhij,bjhd->bihd", weights, value).flatten(start_dim: 2);
        Tensor expected = CodecFixture.Part<Linear>(transformer, $"{Name}.linear_out").call(attended);
        TensorAssert.Close(actual, expected, 1e-6, "attention");

        Tensor Project(string layer, Tensor input) =>
            CodecFixture.Part<Linear>(transformer, $"{Name}.{layer}").call(input).unflatten(2, heads, headSize);

        Tensor Parameter(string name) => transformer.named_parameters().First(entry => entry.name == $"{Name}.{name}").parameter;
    }
}
