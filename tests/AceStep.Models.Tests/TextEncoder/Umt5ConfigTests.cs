using System.Text;

namespace AceStep.Models.Tests;

[TestFixture]
public sealed class Umt5ConfigTests
{
    private static readonly string Released = ReleasedData.ConfigPath("umt5-base");

    [Test]
    public void Load_ReleasedConfig_GivesItsSizes() =>
        Assert.That(Umt5Config.Load(Released), Is.EqualTo(new Umt5Config
        {
            Width = 768,
            LayerCount = 12,
            HeadCount = 12,
            HeadWidth = 64,
            FeedForwardWidth = 2048,
            VocabularySize = 256384,
            RelativeBucketCount = 32,
            RelativeMaximumDistance = 128,
            LayerNormEpsilon = 1e-6,
        }));

    [Test]
    [Category(ReferenceData.Category)]
    public void FromTensors_ReferenceWeights_AgreesWithTheirConfig()
    {
        using SafetensorsFile weights = SafetensorsFile.Open(ReferenceData.Require("checkpoint-tiny", "umt5-base", "model.safetensors"));

        Umt5Config config = Umt5Config.FromTensors(weights);

        Assert.That(config, Is.EqualTo(Umt5Config.Load(ReferenceData.Require("checkpoint-tiny", "umt5-base", "config.json"))));
    }

    [Test]
    public void FromTensors_AnotherModel_NamesWhatIsMissing()
    {
        using TemporaryFile file = new(SafetensorsHeaderTests.Bytes("{}", 0));
        using SafetensorsFile weights = SafetensorsFile.Open(file.Path);

        Assert.That(
            () => Umt5Config.FromTensors(weights),
            Throws.TypeOf<CheckpointFormatException>().With.Property("Tensor").EqualTo("shared.weight").And.Message.Contains(file.Path));
    }

    [TestCase("\"d_model\": 768", "\"d_model\": 0", "d_model")]
    [TestCase("\"d_model\": 768,", "", "d_model")]
    [TestCase("\"num_layers\": 12", "\"num_layers\": 100000", "num_layers")]
    [TestCase("\"num_heads\": 12", "\"num_heads\": 1000000000", "num_heads")]
    [TestCase("\"relative_attention_num_buckets\": 32", "\"relative_attention_num_buckets\": 30", "relative_attention_num_buckets")]
    [TestCase("\"relative_attention_max_distance\": 128", "\"relative_attention_max_distance\": 8", "relative_attention_max_distance")]
    [TestCase("\"layer_norm_epsilon\": 1e-06", "\"layer_norm_epsilon\": -1", "layer_norm_epsilon")]
    [TestCase("\"feed_forward_proj\": \"gated-gelu\"", "\"feed_forward_proj\": \"relu\"", "feed_forward_proj")]
    [TestCase("\"dense_act_fn\": \"gelu_new\"", "\"dense_act_fn\": \"gelu\"", "dense_act_fn")]
    public void Read_BrokenRule_NamesTheKey(string part, string replacement, string key)
    {
        string json = File.ReadAllText(Released);
        Assert.That(json, Does.Contain(part));
        ConfigReader reader = ConfigReader.Parse(Encoding.UTF8.GetBytes(json.Replace(part, replacement, StringComparison.Ordinal)), "config.json");

        Assert.That(() => Umt5Config.Read(reader), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains($"\"{key}\""));
    }
}
