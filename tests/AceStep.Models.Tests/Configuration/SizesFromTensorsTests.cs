using System.Text.Json;

namespace AceStep.Models.Tests;

/// <summary>The sizes that tensors tell are those that the configs beside them say.</summary>
[TestFixture]
public sealed class SizesFromTensorsTests
{
    private static TransformerConfig Released => TransformerConfig.Load(ReleasedData.ConfigPath("ace_step_transformer"));

    [Test]
    public void Transformer_OfTheReleasedShapes_IsTheReleasedConfig() =>
        Assert.That(TransformerConfig.FromTensors(ReleasedData.Tensors("ace_step_transformer"), Released), Is.EqualTo(Released));

    [Test]
    public void Transformer_OfTwentyBlocks_HasTwenty()
    {
        WithoutNames table = new(ReleasedData.Tensors("ace_step_transformer"), name => name.Split('.') is ["transformer_blocks", { } block, ..] && int.Parse(block, System.Globalization.CultureInfo.InvariantCulture) >= 20);

        Assert.That(TransformerConfig.FromTensors(table, Released), Is.EqualTo(Released with { LayerCount = 20 }));
    }

    [Test]
    public void Transformer_OfAnotherHeadSize_IsRefusedWithTheWidth()
    {
        // Three heads of 32 features: nothing in 96 tells that.
        string nano = Path.Combine(CodecFixture.Nano, "ace_step_transformer", "diffusion_pytorch_model.safetensors");
        using SafetensorsFile file = SafetensorsFile.Open(nano);

        Assert.That(() => TransformerConfig.FromTensors(file, Released), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains("multiple of 128").And.Message.Contains("96"));
        Assert.That(
            TransformerConfig.FromTensors(file, Released with { AttentionHeadSize = 32 }),
            Is.EqualTo(TransformerConfig.Load(Path.Combine(CodecFixture.Nano, "ace_step_transformer", "config.json"))));
    }

    [Test]
    public void Transformer_WithoutATellingTensor_NamesIt()
    {
        WithoutNames table = new(ReleasedData.Tensors("ace_step_transformer"), name => name == "lyric_embs.weight");

        Assert.That(() => TransformerConfig.FromTensors(table, Released), Throws.TypeOf<CheckpointFormatException>().With.Property("Tensor").EqualTo("lyric_embs.weight"));
    }

    [Test]
    public void Autoencoder_OfTheReleasedShapes_IsTheReleasedConfig() =>
        AssertSame(AutoencoderConfig.FromTensors(ReleasedData.Tensors("music_dcae_f8c8")), AutoencoderConfig.Load(ReleasedData.ConfigPath("music_dcae_f8c8")));

    [Test]
    public void Autoencoder_OfNano_IsItsConfig()
    {
        using SafetensorsFile file = CodecFixture.OpenAutoencoder(CodecFixture.Nano);

        AssertSame(AutoencoderConfig.FromTensors(file), CodecFixture.AutoencoderConfigOf(CodecFixture.Nano));
    }

    [Test]
    public void Vocoder_OfTheReleasedShapes_IsTheReleasedConfig()
    {
        VocoderConfig released = VocoderConfig.Load(ReleasedData.ConfigPath("music_vocoder"));

        AssertSame(VocoderConfig.FromTensors(ReleasedData.Tensors("music_vocoder"), released), released);
    }

    [Test]
    public void Vocoder_OfNano_TakesItsWidthsFromItsTensors()
    {
        using SafetensorsFile file = CodecFixture.OpenVocoder(CodecFixture.Nano);
        VocoderConfig nano = CodecFixture.VocoderConfigOf(CodecFixture.Nano);
        VocoderConfig others = nano with { BackboneStages = [], HeadChannels = 1, BackboneKernel = 1, MelBins = 1 };

        AssertSame(VocoderConfig.FromTensors(file, others), nano);
    }


    /// <summary>Records with lists are equal where their contents are.</summary>
    private static void AssertSame<T>(T actual, T expected) => Assert.That(JsonSerializer.Serialize(actual), Is.EqualTo(JsonSerializer.Serialize(expected)));

    /// <summary>A table without some of its names.</summary>
    private sealed class WithoutNames(ITensorSource source, Func<string, bool> isAbsent) : ITensorSource
    {
        public string Origin => source.Origin;

        public IReadOnlyCollection<string> Names => [.. source.Names.Where(name => !isAbsent(name))];

        public IReadOnlyList<long> Shape(string name) => source.Shape(name);

        public TorchSharp.torch.ScalarType Type(string name) => source.Type(name);

        public void Read(string name, TorchSharp.torch.Tensor destination) => source.Read(name, destination);
    }
}
