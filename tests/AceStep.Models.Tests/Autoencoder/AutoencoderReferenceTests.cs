using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>The autoencoder, stage by stage, against models/autoencoder.</summary>
public sealed class AutoencoderReferenceTests() : ReferenceTests("autoencoder")
{
    private MusicAutoencoder Autoencoder => Subject<MusicAutoencoder>();

    private protected override IDisposable Load() => CodecFixture.LoadAutoencoder(CodecFixture.Tiny);

    [Test]
    public void Encoder_ReferenceMel_GivesRecordedStages()
    {
        Tensor x = CodecFixture.Part<Conv2d>(Autoencoder, "encoder.conv_in").call(ChannelsLast.Store(Recorded("mel")));
        Check(x, "encoder.conv_in");
        int stages = CodecFixture.AutoencoderConfigOf(CodecFixture.Tiny).EncoderStages.Count;
        for (int stage = 0; stage < stages; stage++)
        {
            x = RunStage($"encoder.down_blocks.{stage}", x);
            Check(x, $"encoder.down.{stage}");
        }

        Check(Autoencoder.Encoder.ForwardExit(x), "encoded");
    }

    [Test]
    public void Encoder_PartsInOrder_GiveRecordedLatents()
    {
        AutoencoderEncoder encoder = Autoencoder.Encoder;
        Tensor hidden = encoder.ForwardEntry(Recorded("mel"), CodecFixture.NoSteps);
        Tensor latents = encoder.ForwardExit(Attend(encoder.AttentionBlocks, hidden));
        Check(latents, "encoded");
    }

    [Test]
    public void Decoder_ReferenceLatents_GivesRecordedStages()
    {
        Tensor latents = ChannelsLast.Store(Recorded("latents"));
        Tensor x = CodecFixture.Part<Conv2d>(Autoencoder, "decoder.conv_in").call(latents);
        Check(x, "decoder.conv_in");
        x = Autoencoder.Decoder.ForwardEntry(latents);
        int stages = CodecFixture.AutoencoderConfigOf(CodecFixture.Tiny).DecoderStages.Count;
        for (int stage = stages - 1; stage >= 0; stage--)
        {
            x = RunStage($"decoder.up_blocks.{stage}", x);
            Check(x, $"decoder.up.{stage}");
        }
    }

    [Test]
    public void Decoder_PartsInOrder_GiveRecordedMel()
    {
        AutoencoderDecoder decoder = Autoencoder.Decoder;
        Tensor hidden = Attend(decoder.AttentionBlocks, decoder.ForwardEntry(Recorded("latents")));
        Check(decoder.ForwardExit(hidden, CodecFixture.NoSteps), "decoded");
    }

    [Test]
    public void Attention_MuchSmallerProjections_GivesTheSameResult()
    {
        // The sums of values are divided by those of keys, so the attended values shrink with the projections unless what
        // keeps the divisor off zero is too large, which the references' queries and keys do not show.
        const double Factor = 1e-3;
        MultiscaleLinearAttention attention = Autoencoder.Encoder.AttentionBlocks[0].Attention;
        using Generator generator = new(4);
        Tensor hidden = randn([1, CodecFixture.AutoencoderConfigOf(CodecFixture.Tiny).EncoderStages[^1].Channels, 16, 8], generator: generator);
        Tensor expected = attention.call(hidden, null);
        using (no_grad())
        {
            foreach ((string name, Parameter weight) in attention.named_parameters())
            {
                weight.MultiplyInPlace(name switch { "to_q.weight" or "to_k.weight" or "to_v.weight" => Factor, "to_out.weight" => 1 / Factor, _ => 1 });
            }
        }

        TensorAssert.Close(attention.call(hidden, null), expected, TensorAssert.ModuleTolerance, "attention");
    }

    private static Tensor Attend(IReadOnlyList<EfficientViTBlock> blocks, Tensor hidden) => blocks.Aggregate(hidden, (x, block) => block.call(x, null));

    private Tensor RunStage(string name, Tensor x)
    {
        foreach ((string _, nn.Module block) in CodecFixture.Part<nn.Module>(Autoencoder, name).named_children())
        {
            x = block switch
            {
                EfficientViTBlock attention => attention.call(x, null),
                nn.Module<Tensor, Tensor> plain => plain.call(x),
                _ => throw new InvalidOperationException($"{name} holds a {block.GetType().Name}."),
            };
        }

        return x;
    }
}
