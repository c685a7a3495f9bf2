using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>A pass through the transformer, stage by stage, against models/decode and models/decode_erg.</summary>
public sealed class DecodeReferenceTests() : ReferenceTests("decode")
{
    private const double Tolerance = TensorAssert.PipelineTolerance;

    private AceStepTransformer Transformer => Subject<AceStepTransformer>();

    private protected override IDisposable Load() => TransformerFixture.Load();

    [Test]
    public void Decode_ReferenceLatents_GivesRecordedVelocity()
    {
        using DecodeContext context = Prepare();
        Check(Decode(context), "output", Tolerance);
    }

    [Test]
    public void Decode_AllRowsWeakened_GivesRecordedVelocity()
    {
        using SafetensorsFile weakened = CodecFixture.OpenReference("decode_erg");
        using DecodeContext context = Prepare([.. Enumerable.Repeat(true, Rows)]);
        CodecFixture.AssertMatches(Decode(context), weakened, "output", Tolerance);
    }

    [Test]
    public void Decode_OneRowWeakened_WeakensThatRowAlone([Values(0, 1)] int row)
    {
        using SafetensorsFile weakenedReference = CodecFixture.OpenReference("decode_erg");
        using DecodeContext context = Prepare([.. Enumerable.Range(0, Rows).Select(i => i == row)]);
        Tensor velocity = Decode(context);
        Tensor weakened = weakenedReference.Read("output");
        Tensor plain = Recorded("output");
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
        Tensor velocity = Transformer.Decode(Recorded("latents").narrow(0, row, 1), 0, selected);
        TensorAssert.Close(velocity, Recorded("output").narrow(0, row, 1), Tolerance, $"row {row}");
    }

    [Test]
    public void SelectRows_SourceDisposedFirst_KeepsItsMemory()
    {
        DecodeContext context = Prepare();
        using DecodeContext selected = context.SelectRows(0, Rows);
        context.Dispose();
        Check(Decode(selected), "output", Tolerance);
    }

    [Test]
    public void Decode_EachStep_UsesItsOwnTimestep()
    {
        // The first row's timestep for all rows, then the second's, each right for the row it belongs to.
        Tensor timesteps = Recorded("timestep");
        using DecodeContext context = Prepare(timesteps);
        Assert.That(context.StepCount, Is.EqualTo(Rows));
        for (int step = 0; step < Rows; step++)
        {
            TensorAssert.Close(Decode(context, step)[step], Recorded("output")[step], Tolerance, $"step {step}");
        }
    }

    [Test]
    public void Decode_FrameMaskOfOnes_EqualsNone()
    {
        Tensor ones = torch.ones_like(Recorded("attention_mask"));
        using DecodeContext masked = Prepare(Recorded("timestep").unsqueeze(0), frameMask: ones);
        using DecodeContext unmasked = Transformer.Prepare(
            Recorded("encoder_hidden_states"), Recorded("encoder_hidden_mask"), Frames, Recorded("timestep").unsqueeze(0));
        TensorAssert.BitEqual(Decode(masked), Decode(unmasked), "velocity");
    }

    [Test]
    public void TimestepEmbedding_ReferenceTimesteps_GivesRecordedStages()
    {
        Tensor timesteps = Recorded("timestep");

        // One frequency's last bit, which the original has from MKL, moves this by 2e-6.
        Check(TimestepEmbedding.Sinusoids(timesteps), "time_proj", 1e-6);
        Tensor embedded = CodecFixture.Part<TimestepEmbedding>(Transformer, "timestep_embedder").call(timesteps);
        Check(embedded, "embedded_timestep", TensorAssert.ModuleTolerance);
        Tensor modulation = CodecFixture.Part<Sequential>(Transformer, "t_block").call(embedded);
        Check(modulation, "temb", TensorAssert.ModuleTolerance);
    }

    [Test]
    public void PatchEmbedding_ReferenceLatents_GivesRecordedStages()
    {
        // Every nth channel of the first convolution is recorded.
        Tensor convolved = CodecFixture.Part<Conv2d>(Transformer, "proj_in.early_conv_layers.0").call(Recorded("latents"));
        long stride = convolved.size(1) / Reference.Entries["proj_in.conv"].Shape[1];
        Tensor selected = convolved.slice(1, 0, convolved.size(1), stride);
        Check(selected, "proj_in.conv", TensorAssert.ModuleTolerance);

        Tensor tokens = CodecFixture.Part<PatchEmbedding>(Transformer, "proj_in").call(Recorded("latents"));
        Check(tokens, "proj_in", TensorAssert.ModuleTolerance);
    }

    [Test]
    public void Products_ReferenceInput_GiveWhatTheLayersGive()
    {
        // What runs on the META device, where no element shows a mistake.
        PatchEmbedding embedding = CodecFixture.Part<PatchEmbedding>(Transformer, "proj_in");
        Check(embedding.EmbedByProducts(Recorded("latents")), "proj_in", TensorAssert.ModuleTolerance);

        using DecodeContext context = Prepare();
        BlockContext block = context.ForBlock(0);
        Tensor query = block.Key.narrow(2, 0, 1).expand(-1, -1, Frames, -1);
        Tensor expected = nn.functional.scaled_dot_product_attention(query, block.Key, block.Value, block.EncoderBias);
        TensorAssert.Close(CrossAttention.AttendByProducts(query, block), expected, TensorAssert.ModuleTolerance, "attention");
    }

    [Test]
    public void RotaryTable_ReferenceLength_HoldsRecordedAngles()
    {
        using RotaryTable table = CreateRotary();

        // Features 1, 0, 1, 0, ... turn into the cosines of the even columns and the sines of the odd ones; 0, 1, 0, 1, ...
        // into the negative sines of the even columns and the cosines of the odd ones.
        int size = Transformer.Config.AttentionHeadSize;
        Tensor even = tensor(Enumerable.Range(0, size).Select(i => i % 2 == 0).ToArray());
        Tensor cosine = Recorded("rotary_cos");
        Tensor sine = Recorded("rotary_sin");
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

        Tensor stream = Recorded("proj_in");

        // An epsilon of 1e-5 moves this by 1.3e-5, and hardly anything else.
        Check(RootMeanSquareNorm.Modulate(stream, neutralShift, neutralScale), "block.0.norm1", 2e-6);

        Tensor normalised = RootMeanSquareNorm.Modulate(stream, modulation[0], modulation[1]);
        Tensor attended = CodecFixture.Part<LinearAttention>(Transformer, $"{Block}.attn").call(normalised, blockContext);
        Check(attended, "block.0.attn", TensorAssert.ModuleTolerance);

        stream = stream.Plus(modulation[2] * attended);
        attended = CodecFixture.Part<CrossAttention>(Transformer, $"{Block}.cross_attn").call(stream, blockContext);
        Check(attended, "block.0.cross_attn", TensorAssert.ModuleTolerance);

        stream = stream.Plus(attended);
        Check(RootMeanSquareNorm.Modulate(stream, neutralShift, neutralScale), "block.0.norm2", TensorAssert.ModuleTolerance);

        normalised = RootMeanSquareNorm.Modulate(stream, modulation[3], modulation[4]);
        Tensor transformed = CodecFixture.Part<GatedConvolution>(Transformer, $"{Block}.ff").call(normalised);
        Check(transformed, "block.0.ff", TensorAssert.ModuleTolerance);
    }

    [Test]
    public void SelfAttention_MuchSmallerQueries_GiveTheSameResult()
    {
        // A query is divided by its own product with the keys, so its length is without effect unless what keeps the divisor
        // off zero is too large, which the references' queries do not show.
        using DecodeContext context = Prepare();
        LinearAttention attention = CodecFixture.Part<LinearAttention>(Transformer, "transformer_blocks.0.attn");
        Linear toQuery = CodecFixture.Part<Linear>(Transformer, "transformer_blocks.0.attn.to_q");
        Tensor stream = Recorded("proj_in");
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
        IReadOnlyList<int> recorded = TransformerFixture.Indices(Reference, "block.");
        Assert.That(recorded, Is.Not.Empty);
        using DecodeContext context = Prepare();
        Tensor modulations = context.Modulations(0);
        Tensor stream = Recorded("proj_in");
        for (int block = 0; block <= recorded[^1]; block++)
        {
            stream = CodecFixture.Part<TransformerBlock>(Transformer, $"transformer_blocks.{block}").call(stream, modulations[block], context.ForBlock(block));
            if (recorded.Contains(block))
            {
                Check(stream, $"block.{block}", Tolerance);
            }
        }
    }

    private int Rows => (int)Reference.Entries["latents"].Shape[0];

    private long Frames => Reference.Entries["latents"].Shape[^1];

    private DecodeContext Prepare(IReadOnlyList<bool>? weakenedRows = null) => Prepare(Recorded("timestep").unsqueeze(0), weakenedRows);

    private DecodeContext Prepare(Tensor timesteps, IReadOnlyList<bool>? weakenedRows = null, Tensor? frameMask = null)
    {
        using var inference = inference_mode();
        return Transformer.Prepare(
            Recorded("encoder_hidden_states"),
            Recorded("encoder_hidden_mask"),
            Frames,
            timesteps,
            weakenedRows,
            frameMask ?? Recorded("attention_mask"));
    }

    private Tensor Decode(DecodeContext context, int step = 0)
    {
        using var inference = inference_mode();
        return Transformer.Decode(Recorded("latents"), step, context);
    }

    private RotaryTable CreateRotary() =>
        RotaryTable.Create(Frames, Transformer.Config.AttentionHeadSize, Transformer.Config.RotaryTheta, float32, CPU);
}
