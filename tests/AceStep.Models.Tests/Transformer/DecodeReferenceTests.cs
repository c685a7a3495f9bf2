using AceStep.Testing;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>A pass through the transformer, stage by stage, against models/decode and models/decode_erg.</summary>
[Category(ReferenceData.Category)]
public sealed class DecodeReferenceTests
{
    private const double Tolerance = TensorAssert.PipelineTolerance;

    private DisposeScope _scope;
    private AceStepTransformer _transformer;
    private SafetensorsFile _reference;

    [SetUp]
    public void SetUp()
    {
        _scope = NewDisposeScope();
        _transformer = TransformerFixture.Load();
        _reference = TransformerFixture.OpenReference("decode");
    }

    [TearDown]
    public void TearDown()
    {
        _scope.Dispose();
        _reference?.Dispose();
        _transformer?.Dispose();
    }

    [Test]
    public void Decode_ReferenceLatents_GivesRecordedVelocity()
    {
        using DecodeContext context = Prepare();
        TransformerFixture.AssertMatches(Decode(context), _reference, "output", Tolerance);
    }

    [Test]
    public void Decode_AllRowsWeakened_GivesRecordedVelocity()
    {
        using SafetensorsFile weakened = TransformerFixture.OpenReference("decode_erg");
        using DecodeContext context = Prepare([.. Enumerable.Repeat(true, Rows)]);
        TransformerFixture.AssertMatches(Decode(context), weakened, "output", Tolerance);
    }

    [Test]
    public void Decode_OneRowWeakened_WeakensThatRowAlone([Values(0, 1)] int row)
    {
        using SafetensorsFile weakenedReference = TransformerFixture.OpenReference("decode_erg");
        using DecodeContext context = Prepare([.. Enumerable.Range(0, Rows).Select(i => i == row)]);
        Tensor velocity = Decode(context);
        Tensor weakened = weakenedReference.Read("output");
        Tensor plain = _reference.Read("output");
        for (int i = 0; i < Rows; i++)
        {
            Tensor expected = i == row ? weakened : plain;
            TensorAssert.Close(velocity[i], expected[i], Tolerance, $"row {i}");
        }
    }

    [Test]
    public void Decode_SelectedRows_GivesThoseRows([Values(0, 1)] int row)
    {
        using DecodeContext context = Prepare([.. Enumerable.Range(0, Rows).Select(i => i != row)]);
        using DecodeContext selected = context.SelectRows(row, 1);
        Tensor velocity = _transformer.Decode(_reference.Read("latents").narrow(0, row, 1), 0, selected);
        TensorAssert.Close(velocity, _reference.Read("output").narrow(0, row, 1), Tolerance, $"row {row}");
    }

    [Test]
    public void SelectRows_SourceDisposedFirst_KeepsItsMemory()
    {
        DecodeContext context = Prepare();
        using DecodeContext selected = context.SelectRows(0, Rows);
        context.Dispose();
        TransformerFixture.AssertMatches(Decode(selected), _reference, "output", Tolerance);
    }

    [Test]
    public void Decode_EachStep_UsesItsOwnTimestep()
    {
        // The first row's timestep for all rows, then the second's, each right for the row it belongs to.
        Tensor timesteps = _reference.Read("timestep");
        using DecodeContext context = Prepare(timesteps);
        Assert.That(context.StepCount, Is.EqualTo(Rows));
        for (int step = 0; step < Rows; step++)
        {
            TensorAssert.Close(Decode(context, step)[step], _reference.Read("output")[step], Tolerance, $"step {step}");
        }
    }

    [Test]
    public void Decode_FrameMaskOfOnes_EqualsNone()
    {
        Tensor ones = torch.ones_like(_reference.Read("attention_mask"));
        using DecodeContext masked = Prepare(_reference.Read("timestep").unsqueeze(0), frameMask: ones);
        using DecodeContext unmasked = _transformer.Prepare(
            _reference.Read("encoder_hidden_states"), _reference.Read("encoder_hidden_mask"), Frames, _reference.Read("timestep").unsqueeze(0));
        TensorAssert.BitEqual(Decode(masked), Decode(unmasked), "velocity");
    }

    [Test]
    public void TimestepEmbedding_ReferenceTimesteps_GivesRecordedStages()
    {
        Tensor timesteps = _reference.Read("timestep");

        // One frequency's last bit, which the original has from MKL, moves this by 2e-6.
        TransformerFixture.AssertMatches(TimestepEmbedding.Sinusoids(timesteps), _reference, "time_proj", 1e-6);
        Tensor embedded = TransformerFixture.Part<TimestepEmbedding>(_transformer, "timestep_embedder").call(timesteps);
        TransformerFixture.AssertMatches(embedded, _reference, "embedded_timestep", TensorAssert.ModuleTolerance);
        Tensor modulation = TransformerFixture.Part<Sequential>(_transformer, "t_block").call(embedded);
        TransformerFixture.AssertMatches(modulation, _reference, "temb", TensorAssert.ModuleTolerance);
    }

    [Test]
    public void PatchEmbedding_ReferenceLatents_GivesRecordedStages()
    {
        // Every nth channel of the first convolution is recorded.
        Tensor convolved = TransformerFixture.Part<Conv2d>(_transformer, "proj_in.early_conv_layers.0").call(_reference.Read("latents"));
        long stride = convolved.size(1) / _reference.Entries["proj_in.conv"].Shape[1];
        Tensor selected = convolved.slice(1, 0, convolved.size(1), stride);
        TransformerFixture.AssertMatches(selected, _reference, "proj_in.conv", TensorAssert.ModuleTolerance);

        Tensor tokens = TransformerFixture.Part<PatchEmbedding>(_transformer, "proj_in").call(_reference.Read("latents"));
        TransformerFixture.AssertMatches(tokens, _reference, "proj_in", TensorAssert.ModuleTolerance);
    }

    [Test]
    public void RotaryTable_ReferenceLength_HoldsRecordedAngles()
    {
        using RotaryTable table = CreateRotary();

        // Features 1, 0, 1, 0, ... turn into the cosines of the even columns and the sines of the odd ones; 0, 1, 0, 1, ...
        // into the negative sines of the even columns and the cosines of the odd ones.
        int size = _transformer.Config.AttentionHeadSize;
        Tensor even = tensor(Enumerable.Range(0, size).Select(i => i % 2 == 0).ToArray());
        Tensor cosine = _reference.Read("rotary_cos");
        Tensor sine = _reference.Read("rotary_sin");
        Tensor first = even.to(float32).expand(1, Frames, 1, size);
        Tensor second = ones_like(first) - first;
        TensorAssert.Close(table.Rotate(first)[0, TensorIndex.Colon, 0], where(even, cosine, sine), TensorAssert.ModuleTolerance, "first of each pair");
        TensorAssert.Close(table.Rotate(second)[0, TensorIndex.Colon, 0], where(even, -sine, cosine), TensorAssert.ModuleTolerance, "second of each pair");
    }

    [Test]
    public void FirstBlock_ReferenceInput_GivesRecordedParts()
    {
        const string Block = "transformer_blocks.0";
        using DecodeContext context = Prepare();
        BlockContext blockContext = context.ForBlock(0);
        Tensor[] modulation = context.Modulations(0)[0].unbind(0);
        Tensor neutralShift = zeros_like(modulation[0]);
        Tensor neutralScale = ones_like(modulation[0]);

        Tensor stream = _reference.Read("proj_in");

        // An epsilon of 1e-5 moves this by 1.3e-5, and hardly anything else.
        TransformerFixture.AssertMatches(RootMeanSquareNorm.Modulate(stream, neutralShift, neutralScale), _reference, "block.0.norm1", 2e-6);

        Tensor normalised = RootMeanSquareNorm.Modulate(stream, modulation[0], modulation[1]);
        Tensor attended = TransformerFixture.Part<LinearAttention>(_transformer, $"{Block}.attn").call(normalised, blockContext);
        TransformerFixture.AssertMatches(attended, _reference, "block.0.attn", TensorAssert.ModuleTolerance);

        stream = stream.Plus(modulation[2] * attended);
        attended = TransformerFixture.Part<CrossAttention>(_transformer, $"{Block}.cross_attn").call(stream, blockContext);
        TransformerFixture.AssertMatches(attended, _reference, "block.0.cross_attn", TensorAssert.ModuleTolerance);

        stream = stream.Plus(attended);
        TransformerFixture.AssertMatches(RootMeanSquareNorm.Modulate(stream, neutralShift, neutralScale), _reference, "block.0.norm2", TensorAssert.ModuleTolerance);

        normalised = RootMeanSquareNorm.Modulate(stream, modulation[3], modulation[4]);
        Tensor transformed = TransformerFixture.Part<GatedConvolution>(_transformer, $"{Block}.ff").call(normalised);
        TransformerFixture.AssertMatches(transformed, _reference, "block.0.ff", TensorAssert.ModuleTolerance);
    }

    [Test]
    public void SelfAttention_MuchSmallerQueries_GiveTheSameResult()
    {
        // A query is divided by its own product with the keys, so its length is without effect unless what keeps the divisor
        // off zero is too large, which the references' queries do not show.
        using DecodeContext context = Prepare();
        LinearAttention attention = TransformerFixture.Part<LinearAttention>(_transformer, "transformer_blocks.0.attn");
        Linear toQuery = TransformerFixture.Part<Linear>(_transformer, "transformer_blocks.0.attn.to_q");
        Tensor stream = _reference.Read("proj_in");
        Tensor expected = attention.call(stream, context.ForBlock(0));
        using (no_grad())
        {
            toQuery.weight.MultiplyInPlace(1e-4);
            toQuery.bias!.MultiplyInPlace(1e-4);
        }

        TensorAssert.Close(attention.call(stream, context.ForBlock(0)), expected, TensorAssert.ModuleTolerance, "attention");
    }

    [Test]
    public void Blocks_ReferenceInput_GiveRecordedStreams()
    {
        IReadOnlyList<int> recorded = TransformerFixture.Indices(_reference, "block.");
        Assert.That(recorded, Is.Not.Empty);
        using DecodeContext context = Prepare();
        Tensor modulations = context.Modulations(0);
        Tensor stream = _reference.Read("proj_in");
        for (int block = 0; block <= recorded[^1]; block++)
        {
            stream = TransformerFixture.Part<TransformerBlock>(_transformer, $"transformer_blocks.{block}").call(stream, modulations[block], context.ForBlock(block));
            if (recorded.Contains(block))
            {
                TransformerFixture.AssertMatches(stream, _reference, $"block.{block}", Tolerance);
            }
        }
    }

    private int Rows => (int)_reference.Entries["latents"].Shape[0];

    private long Frames => _reference.Entries["latents"].Shape[^1];

    private DecodeContext Prepare(IReadOnlyList<bool>? weakenedRows = null) => Prepare(_reference.Read("timestep").unsqueeze(0), weakenedRows);

    private DecodeContext Prepare(Tensor timesteps, IReadOnlyList<bool>? weakenedRows = null, Tensor? frameMask = null)
    {
        using var inference = inference_mode();
        return _transformer.Prepare(
            _reference.Read("encoder_hidden_states"),
            _reference.Read("encoder_hidden_mask"),
            Frames,
            timesteps,
            weakenedRows,
            frameMask ?? _reference.Read("attention_mask"));
    }

    private Tensor Decode(DecodeContext context, int step = 0)
    {
        using var inference = inference_mode();
        return _transformer.Decode(_reference.Read("latents"), step, context);
    }

    private RotaryTable CreateRotary() =>
        RotaryTable.Create(Frames, _transformer.Config.AttentionHeadSize, _transformer.Config.RotaryTheta, float32, CPU);
}
