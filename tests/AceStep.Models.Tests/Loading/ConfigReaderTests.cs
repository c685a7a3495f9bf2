using System.Text;

namespace AceStep.Models.Tests;

[TestFixture]
public sealed class ConfigReaderTests
{
    private const string Json = """
        {"_class_name":"X","int":12,"double":1e-6,"true":true,"text":"gelu_new","null":null,
         "ints":[1,2,3],"nested":[[],[5]],"words":["ResBlock","EfficientViTBlock"]}
        """;

    [Test]
    public void Values_WellFormed_AreRead()
    {
        ConfigReader reader = Parse(Json);

        Assert.Multiple(() =>
        {
            Assert.That(reader.Int32("int", 1), Is.EqualTo(12));
            Assert.That(reader.Int32OrDefault("null", 7, 1), Is.EqualTo(7));
            Assert.That(reader.Int32OrDefault("absent", 7, 1), Is.EqualTo(7));
            Assert.That(reader.Double("double", 0, 1), Is.EqualTo(1e-6));
            Assert.That(reader.Double("int", 0, 20), Is.EqualTo(12));
            Assert.That(reader.DoubleOrDefault("absent", 0.5, 0, 1), Is.EqualTo(0.5));
            Assert.That(reader.Boolean("true"), Is.True);
            Assert.That(reader.BooleanOrDefault("absent", true), Is.True);
            Assert.That(reader.String("text"), Is.EqualTo("gelu_new"));
            Assert.That(reader.StringOrDefault("absent", "x"), Is.EqualTo("x"));
            Assert.That(reader.Enum("text", ("gelu", 1), ("gelu_new", 2)), Is.EqualTo(2));
            Assert.That(reader.EnumOrDefault("absent", 3, ("gelu", 1)), Is.EqualTo(3));
            Assert.That(reader.Int32Array("ints", 1, 3), Is.EqualTo((int[])[1, 2, 3]));
            Assert.That(reader.Int32Arrays("nested", 1), Is.EqualTo((int[][])[[], [5]]));
            Assert.That(reader.EnumArray("words", ("ResBlock", 1), ("EfficientViTBlock", 2)), Is.EqualTo((int[])[1, 2]));
            Assert.That(reader.StringArray("words"), Is.EqualTo((string[])["ResBlock", "EfficientViTBlock"]));
            Assert.That(reader.Has("int"), Is.True);
            Assert.That(reader.Has("null"), Is.False);
        });
    }

    [Test]
    public void Values_BrokenRule_NameFileKeyRuleAndValue()
    {
        ConfigReader reader = Parse(Json);

        Assert.Multiple(() =>
        {
            Refuses(() => reader.Int32("absent", 1), "\"absent\" must be given; it is missing");
            Refuses(() => reader.Int32("null", 1), "\"null\" must be given; it is missing");
            Refuses(() => reader.Int32("int", 13), "\"int\" must be an integer from 13 to 2147483647; it is 12");
            Refuses(() => reader.Int32("int", 1, 11), "\"int\" must be an integer from 1 to 11; it is 12");
            Refuses(() => reader.Int32("double", 0), "\"double\" must be an integer from 0 to 2147483647; it is 1e-6");
            Refuses(() => reader.Int32("text", 0), "it is \"gelu_new\"");
            Refuses(() => reader.Double("double", 0.5, 1), "\"double\" must be a number from 0.5 to 1; it is 1e-6");
            Refuses(() => reader.Double("true", 0, 1), "it is true");
            Refuses(() => reader.Boolean("int"), "\"int\" must be true or false; it is 12");
            Refuses(() => reader.String("int"), "\"int\" must be a string; it is 12");
            Refuses(() => reader.Enum("text", ("gelu", 1), ("silu", 2)), "\"text\" must be one of \"gelu\", \"silu\"; it is \"gelu_new\"");
            Refuses(() => reader.Int32Array("int", 1), "\"int\" must be an array; it is 12");
            Refuses(() => reader.Int32Array("ints", 2), "\"ints\" must be an integer from 2 to 2147483647; it is 1");
            Refuses(() => reader.Int32Arrays("ints", 1), "\"ints\" must be an array; it is 1");
            Refuses(() => reader.Require(false, "a must be b"), "a must be b");
        });
    }

    [TestCase("", "JSON")]
    [TestCase("{", "JSON")]
    [TestCase("{\"a\":1,\"a\":2}", "JSON")]
    [TestCase("{\"a\":NaN}", "JSON")]
    [TestCase("[]", "object")]
    [TestCase("3", "object")]
    public void Parse_NoObject_IsRefused(string json, string rule) => Refuses(() => Parse(json), rule);

    [Test]
    public void Double_BeyondTheRangeOfDoubles_IsRefused() => Refuses(() => Parse("{\"a\":1e999}").Double("a", 0, double.MaxValue), "1e999");

    [Test]
    public void Load_HugeFile_IsRefusedUnread()
    {
        using TemporaryFile file = TemporaryFile.WithText("{" + new string(' ', 1 << 20));

        Assert.That(() => ConfigReader.Load(file.Path), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains("at most"));
    }

    private static ConfigReader Parse(string json) => ConfigReader.Parse(Encoding.UTF8.GetBytes(json), "config.json");

    private static void Refuses(Action read, string rule) =>
        Assert.That(read, Throws.TypeOf<CheckpointFormatException>().With.Message.StartsWith("config.json: ").And.Message.Contains(rule));
}
