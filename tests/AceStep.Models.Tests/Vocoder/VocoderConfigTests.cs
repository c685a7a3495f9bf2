using System.Text.Json.Nodes;

namespace AceStep.Models.Tests;

public sealed class VocoderConfigTests
{
    [Test]
    public void Load_ReleasedFile_GivesReleasedSizes()
    {
        VocoderConfig config = VocoderConfig.Load(ReleasedData.ConfigPath("music_vocoder"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(config.SampleRate, Is.EqualTo(44_100));
            Assert.That(config.HopLength, Is.EqualTo(512));
            Assert.That(config.WindowLength, Is.EqualTo(2048));
            Assert.That(config.MelBins, Is.EqualTo(128));
            Assert.That(config.BackboneStages.Select(stage => stage.Channels), Is.EqualTo(new[] { 128, 256, 384, 512 }));
            Assert.That(config.BackboneStages.Select(stage => stage.Layers), Is.EqualTo(new[] { 3, 3, 9, 3 }));
            Assert.That(config.BackboneKernel, Is.EqualTo(7));
            Assert.That(config.HeadChannels, Is.EqualTo(1024));
            Assert.That(config.EntryKernel, Is.EqualTo(13));
            Assert.That(config.ExitKernel, Is.EqualTo(13));
            Assert.That(config.Upsamplings.Select(step => step.Rate), Is.EqualTo(new[] { 4, 4, 2, 2, 2, 2, 2 }));
            Assert.That(config.Upsamplings.Select(step => step.Kernel), Is.EqualTo(new[] { 8, 8, 4, 4, 4, 4, 4 }));
            Assert.That(config.Residuals.Select(block => block.Kernel), Is.EqualTo(new[] { 3, 7, 11, 13 }));
            Assert.That(config.Residuals, Has.All.Matches<VocoderResidual>(block => block.Dilations.SequenceEqual([1, 3, 5])));
        }
    }

    [TestCase("sampling_rate", "0")]
    [TestCase("hop_length", "256")]
    [TestCase("n_fft", "2047")]
    [TestCase("win_length", "1024")]
    [TestCase("n_mels", "64")]
    [TestCase("dims", "[]")]
    [TestCase("dims", "[128, 256, 384]")]
    [TestCase("depths", "[3, 3, 0, 3]")]
    [TestCase("kernel_sizes", "[6]")]
    [TestCase("kernel_sizes", "[7, 9]")]
    [TestCase("num_mels", "128")]
    [TestCase("use_template", "true")]
    [TestCase("use_template", "null")]
    [TestCase("upsample_initial_channel", "1000")]
    [TestCase("upsample_rates", "[4, 4, 2, 2, 2, 2]")]
    [TestCase("upsample_kernel_sizes", "[8, 8, 4, 4, 4, 4, 5]")]
    [TestCase("upsample_kernel_sizes", "[2, 8, 4, 4, 4, 4, 4]")]
    [TestCase("pre_conv_kernel_size", "12")]
    [TestCase("post_conv_kernel_size", "\"13\"")]
    [TestCase("resblock_kernel_sizes", "[3, 7, 11, 12]")]
    [TestCase("resblock_kernel_sizes", "[3, 7, 11]")]
    [TestCase("resblock_dilation_sizes", "[[1, 3, 5], [1, 3, 5], [1, 3, 5], [1, 3]]")]
    public void Parse_BrokenRule_NamesFileAndKey(string key, string value)
    {
        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => Parse(json => json[key] = JsonNode.Parse(value)));
        Assert.That(error.Message, Does.Contain(ReleasedData.ChangedFile).And.Contain($"\"{key}\""));
    }

    private static VocoderConfig Parse(Action<JsonNode> change) =>
        VocoderConfig.Parse(ReleasedData.ChangedConfig("music_vocoder", change), ReleasedData.ChangedFile);
}
