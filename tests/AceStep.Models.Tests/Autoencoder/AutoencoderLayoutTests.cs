using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>The released layout: full-size names and shapes, without memory.</summary>
public sealed class AutoencoderLayoutTests
{
    [Test]
    public void Parameters_ReleasedConfig_AreTheTensorsOfTheReleasedFile()
    {
        TensorTable released = ReleasedData.Tensors("music_dcae_f8c8");
        using MusicAutoencoder autoencoder = new(CodecFixture.AutoencoderConfigOf(ReleasedData.Configs));
        Dictionary<string, string> built = autoencoder.named_parameters().ToDictionary(entry => entry.name, entry => string.Join(",", entry.parameter.shape));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(built, Is.EquivalentTo(released.ShapesByName()));
            Assert.That(autoencoder.parameters().Sum(parameter => parameter.numel()), Is.EqualTo(156_812_426));
            Assert.That(autoencoder.parameters(), Has.All.Matches<Tensor>(parameter => parameter.device.type == DeviceType.META));
            Assert.That(autoencoder.buffers(), Is.Empty);
        }
    }

    [Test]
    public void Reach_ReleasedConfig_IsWhatTheConvolutionsSpan()
    {
        using MusicAutoencoder autoencoder = new(CodecFixture.AutoencoderConfigOf(ReleasedData.Configs));
        using (Assert.EnterMultipleScope())
        {
            // Backwards from the mel frames: 1 + 7 = 8, halved 4; 4 + 7 = 11, halved 6; 6 + 7 = 13, halved 7.
            Assert.That(autoencoder.Decoder.ExitReach, Is.EqualTo(7));
            // Three blocks, of 2 for the further scale's kernel and 1 for the gated part.
            Assert.That(autoencoder.Decoder.AttentionBlocks.Sum(block => block.Reach), Is.EqualTo(9));
            // Backwards from the latents: 1 + 6 = 7; 15 + 4 = 19; 39 + 4 = 43; and 1: 44 mel frames.
            Assert.That(autoencoder.Encoder.EntryReach, Is.EqualTo(6));
        }
    }
}
