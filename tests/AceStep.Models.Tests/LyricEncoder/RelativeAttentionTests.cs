using AceStep.Testing;
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
        isPadding[1].narrow(-1, 0, 1).fill_(true);
        Tensor positions = RelativePositions.Create(length, width, float32, CPU);
        Tensor actual = TransformerFixture.Part<RelativeAttention>(transformer, Name).call(hiddenStates, positions, isPadding, false);

        Tensor query = Project("linear_q", hiddenStates);
        Tensor key = Project("linear_k", hiddenStates);
        Tensor value = Project("linear_v", hiddenStates);
        Tensor index = length - 1 - arange(length).unsqueeze(1) + arange(length).unsqueeze(0); // the table's row of query i and key j
        Tensor position = Project("linear_pos", positions.unsqueeze(0))[0].index_select(0, index.flatten()).view(length, length, heads, headSize);
        Tensor byContent = einsum("bihd,bjhd->bhij", query + Parameter("pos_bias_u"), key);
        Tensor byPosition = einsum("bihd,ijhd->bhij", query + Parameter("pos_bias_v"), position);
        Tensor scores = (byContent + byPosition) / Math.Sqrt(headSize);
        Tensor weights = scores.masked_fill(isPadding, float.NegativeInfinity).softmax(-1).masked_fill(isPadding, 0);
        Tensor attended = einsum("bhij,bjhd->bihd", weights, value).flatten(start_dim: 2);
        Tensor expected = TransformerFixture.Part<Linear>(transformer, $"{Name}.linear_out").call(attended);
        TensorAssert.Close(actual, expected, 1e-6, "attention");

        Tensor Project(string layer, Tensor input) =>
            TransformerFixture.Part<Linear>(transformer, $"{Name}.{layer}").call(input).unflatten(2, heads, headSize);

        Tensor Parameter(string name) => transformer.named_parameters().First(entry => entry.name == $"{Name}.{name}").parameter;
    }
}
