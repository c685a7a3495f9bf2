using System.Text.Json.Nodes;

namespace AceStep.Models.Tests;

public sealed class TransformerConfigTests
{
    [Test]
    public void Load_ReleasedFile_GivesReleasedSizes()
    {
        TransformerConfig expected = new()
        {
            InChannels = 8,
            OutChannels = 8,
            PatchHeight = 16,
            LayerCount = 24,
            AttentionHeads = 20,
            AttentionHeadSize = 128,
            FeedForwardRatio = 2.5,
            RotaryTheta = 1_000_000,
            TextWidth = 768,
            SpeakerWidth = 512,
            LyricVocabularySize = 6693,
            LyricWidth = 1024,
            LyricAttentionHeads = 16,
            LyricFeedForwardWidth = 4096,
        };

        TransformerConfig config = TransformerConfig.Load(ReleasedData.ConfigPath("ace_step_transformer"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(config, Is.EqualTo(expected));
            Assert.That(config.Width, Is.EqualTo(2560));
            Assert.That(config.FeedForwardWidth, Is.EqualTo(6400));
        }
    }

    [Test]
    public void Parse_LyricEncoderKeys_OverrideDefaults()
    {
        TransformerConfig config = Parse(json =>
        {
            json["lyric_encoder_attention_heads"] = 8;
            json["lyric_encoder_linear_units"] = 77;
        });
        using (Assert.EnterMultipleScope())
        {
            Assert.That(config.LyricAttentionHeads, Is.EqualTo(8));
            Assert.That(config.LyricFeedForwardWidth, Is.EqualTo(77));
        }
    }

    [Test]
    public void Parse_RatioThatGivesNoWholeWidth_CutsItOff() =>
        Assert.That(Parse(json => json["mlp_ratio"] = 2.4999).FeedForwardWidth, Is.EqualTo(6399));

    [TestCase("in_channels", "null")]
    [TestCase("num_layers", "0")]
    [TestCase("num_layers", "1e99")]
    [TestCase("num_attention_heads", "19")]
    [TestCase("attention_head_dim", "-128")]
    [TestCase("inner_dim", "2561")]
    [TestCase("mlp_ratio", "\"2.5\"")]
    [TestCase("mlp_ratio", "1000")]
    [TestCase("rope_theta", "0")]
    [TestCase("out_channels", "9")]
    [TestCase("patch_size", "[16, 2]")]
    [TestCase("patch_size", "[16]")]
    [TestCase("patch_size", "16")]
    [TestCase("lyric_hidden_size", "1025")]
    [TestCase("lyric_encoder_attention_heads", "3")]
    [TestCase("lyric_encoder_vocab_size", "6693.5")]
    public void Parse_BrokenRule_NamesFileAndKey(string key, string value)
    {
        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => Parse(json => json[key] = JsonNode.Parse(value)));
        Assert.That(error.Message, Does.Contain(ReleasedData.ChangedFile).And.Contain($"\"{key}\""));
    }

    [Test]
    public void Parse_RatioOutOfRange_IsNamedWithAPointWhateverTheCulture()
    {
        using CommaCulture culture = new();

        Assert.That(() => Parse(json => json["mlp_ratio"] = 999.5), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains("they are 999.5 and 2560"));
    }

    [Test]
    public void Parse_OddHeadSize_IsRefused() =>
        Assert.Throws<CheckpointFormatException>(() => Parse(json =>
        {
            json["attention_head_dim"] = 127;
            json["inner_dim"] = 2540;
        }));

    private static TransformerConfig Parse(Action<JsonNode> change) =>
        TransformerConfig.Parse(ReleasedData.ChangedConfig("ace_step_transformer", change), ReleasedData.ChangedFile);
}
