using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>The released layout: full-size names and shapes, without memory.</summary>
public sealed class VocoderLayoutTests
{
    [Test]
    public void Parameters_ReleasedConfig_AreTheFoldedTensorsOfTheReleasedFile()
    {
        TensorTable released = ReleasedData.Tensors("music_vocoder");
        VocoderWeights folded = new(released);
        using MelVocoder vocoder = new(CodecFixture.VocoderConfigOf(ReleasedData.Configs));
        Dictionary<string, string> built = vocoder.named_parameters().ToDictionary(entry => entry.name, entry => string.Join(",", entry.parameter.shape));
        Dictionary<string, string> expected = folded.Names
            .Where(name => !VocoderWeights.IsFrontEnd(name))
            .ToDictionary(name => name, name => string.Join(",", folded.Shape(name)));
        int weightNormed = released.Names.Count(name => name.EndsWith("_g", StringComparison.Ordinal));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(released.Names, Has.Count.EqualTo(713));
            Assert.That(weightNormed, Is.EqualTo(2 + 7 + (28 * 6)));
            Assert.That(folded.Names, Has.Count.EqualTo(713 - weightNormed));
            Assert.That(built, Is.EquivalentTo(expected));
            Assert.That(built, Has.Count.EqualTo(713 - weightNormed - 2));
            Assert.That(vocoder.parameters(), Has.All.Matches<Tensor>(parameter => parameter.device.type == DeviceType.META));
            Assert.That(vocoder.buffers(), Is.Empty);
        }
    }

    [Test]
    public void Reach_ReleasedConfig_IsWhatTheConvolutionsSpan()
    {
        using MelVocoder vocoder = new(CodecFixture.VocoderConfigOf(ReleasedData.Configs));

        // The backbone: 3 for the stem and 3 for each of 18 blocks. The head, backwards from the samples: 6; then for each of the
        // last five steps (6 + 72 + 2) / 2 = 40, 57, 65, 69, 71 (rounded down); (71 + 72 + 5) / 4 = 37; (37 + 72 + 5) / 4 = 28; and 6.
        Assert.That(vocoder.Reach, Is.EqualTo(57 + 34));
    }
}
