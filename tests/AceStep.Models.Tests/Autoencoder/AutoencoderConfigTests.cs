using System.Text.Json.Nodes;

namespace AceStep.Models.Tests;

public sealed class AutoencoderConfigTests
{
    [Test]
    public void Load_ReleasedFile_GivesReleasedSizes()
    {
        AutoencoderConfig config = AutoencoderConfig.Load(ReleasedData.ConfigPath("music_dcae_f8c8"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(config.InChannels, Is.EqualTo(2));
            Assert.That(config.LatentChannels, Is.EqualTo(8));
            Assert.That(config.AttentionHeadDim, Is.EqualTo(32));
            Assert.That(config.Downsampling, Is.EqualTo(8));
            Assert.That(config.EncoderStages.Select(stage => stage.Channels), Is.EqualTo(new[] { 128, 256, 512, 1024 }));
            Assert.That(config.DecoderStages.Select(stage => stage.Channels), Is.EqualTo(new[] { 128, 256, 512, 1024 }));
            Assert.That(config.EncoderStages.Select(stage => stage.Layers), Is.EqualTo(new[] { 2, 2, 3, 3 }));
            Assert.That(config.DecoderStages.Select(stage => stage.Layers), Is.EqualTo(new[] { 3, 3, 3, 3 }));
            Assert.That(config.DecoderStages.Select(stage => stage.AttentionKernels.Count), Is.EqualTo(new[] { 0, 0, 0, 1 }));
            Assert.That(config.DecoderStages[^1].AttentionKernels, Is.EqualTo(new[] { 5 }));
        }
    }

    [TestCase("in_channels", "0")]
    [TestCase("latent_channels", "3")]
    [TestCase("attention_head_dim", "null")]
    [TestCase("attention_head_dim", "24")]
    [TestCase("encoder_block_out_channels", "[128, 256, 512]")]
    [TestCase("encoder_block_out_channels", "[128, 256, 500, 1024]")]
    [TestCase("decoder_block_out_channels", "[128, 256, 512, 1e9]")]
    [TestCase("decoder_layers_per_block", "[3, 3, 0, 3]")]
    [TestCase("encoder_block_types", "[\"ResBlock\", \"EfficientViTBlock\", \"ResBlock\", \"EfficientViTBlock\"]")]
    [TestCase("encoder_block_types", "[\"ResBlock\", \"ResBlock\", \"ResBlock\", \"ResBlock\"]")]
    [TestCase("decoder_qkv_multiscales", "[[], [], [], [4]]")]
    [TestCase("decoder_qkv_multiscales", "[5]")]
    [TestCase("downsample_block_type", "\"pixel_unshuffle\"")]
    [TestCase("upsample_block_type", "\"pixel_shuffle\"")]
    [TestCase("decoder_norm_types", "\"batch_norm\"")]
    [TestCase("decoder_act_fns", "\"relu\"")]
    [TestCase("encoder_out_shortcut", "false")]
    public void Parse_BrokenRule_NamesFileAndKey(string key, string value)
    {
        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => Parse(json => json[key] = JsonNode.Parse(value)));
        Assert.That(error.Message, Does.Contain(ReleasedData.ChangedFile).And.Contain($"\"{key}\""));
    }

    [Test]
    public void Parse_SidesOfDifferentDepth_IsRefused()
    {
        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => Parse(json =>
        {
            foreach (string key in new[] { "decoder_block_out_channels", "decoder_layers_per_block", "decoder_block_types", "decoder_qkv_multiscales" })
            {
                json[key]!.AsArray().RemoveAt(0);
            }
        }));
        Assert.That(error.Message, Does.Contain("4 and 3"));
    }

    private static AutoencoderConfig Parse(Action<JsonNode> change) =>
        AutoencoderConfig.Parse(ReleasedData.ChangedConfig("music_dcae_f8c8", change), ReleasedData.ChangedFile);
}
