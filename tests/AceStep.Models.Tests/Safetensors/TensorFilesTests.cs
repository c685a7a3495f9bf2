using static TorchSharp.torch;

namespace AceStep.Models.Tests;

/// <summary>Tensors that lie in several files are read as if they lay in one, or the set is refused by what is wrong with it.</summary>
[TestFixture]
public sealed class TensorFilesTests
{
    private TemporaryFolder _folder;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [TestCase("model.safetensors.index.json")]
    [TestCase("model-00001-of-00002.safetensors")]
    [TestCase("model-00002-of-00002.safetensors")]
    public void Open_ShardsByAnyOfTheirFiles_ReadsEachTensorFromItsShard(string named)
    {
        WriteShards();
        WriteIndex("""{"metadata":{"total_size":16},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}""");

        using TensorFiles files = TensorFiles.Open(In(named));

        AssertBoth(files);
    }

    [Test]
    public void Open_ShardsWithoutIndex_ReadsAll()
    {
        WriteShards();

        using TensorFiles files = TensorFiles.Open(In("model-00001-of-00002.safetensors"));

        AssertBoth(files);
    }

    [Test]
    public void Open_OneFile_IsThatFile()
    {
        Write("plain.safetensors", ("a", 1));

        using TensorFiles files = TensorFiles.Open(In("plain.safetensors"));

        Assert.That(files.Names, Is.EqualTo((string[])["a"]));
        Assert.That(files.Origin, Is.EqualTo(In("plain.safetensors")));
    }

    [Test]
    public void Open_TensorInTwoShards_TakesTheIndexedOne()
    {
        Write("model-00001-of-00002.safetensors", ("a", 1), ("b", 9));
        Write("model-00002-of-00002.safetensors", ("b", 2));
        WriteIndex("""{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}""");

        using TensorFiles files = TensorFiles.Open(In("model.safetensors.index.json"));

        AssertBoth(files);
    }

    [Test]
    public void Open_TensorInTwoShardsWithoutIndex_IsRefused()
    {
        Write("model-00001-of-00002.safetensors", ("a", 1), ("b", 9));
        Write("model-00002-of-00002.safetensors", ("b", 2));

        Assert.That(
            () => TensorFiles.Open(In("model-00001-of-00002.safetensors")),
            Throws.TypeOf<CheckpointFormatException>().With.Message.Contains("no two shards").And.Message.Contains("model-00001-of-00002"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Open_ShardMissing_NamesIt(bool hasIndex)
    {
        WriteShards();
        File.Delete(In("model-00002-of-00002.safetensors"));
        if (hasIndex)
        {
            WriteIndex("""{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}""");
        }

        Assert.That(() => TensorFiles.Open(In("model-00001-of-00002.safetensors")), Throws.TypeOf<FileNotFoundException>().With.Message.Contains("model-00002-of-00002.safetensors is missing"));
    }

    [TestCase("""{"weight_map":{"a":"../model-00001-of-00002.safetensors"}}""", "beside it")]
    [TestCase("""{"weight_map":{"a":"/etc/passwd.safetensors"}}""", "beside it")]
    [TestCase("""{"weight_map":{"a":"C:x.safetensors"}}""", "beside it")]
    [TestCase("""{"weight_map":{"a":"model.bin"}}""", "beside it")]
    [TestCase("""{"weight_map":{"a":7}}""", "beside it")]
    [TestCase("""{"weight_map":{}}""", "at least one tensor")]
    [TestCase("""{"weight_map":[]}""", "weight_map")]
    [TestCase("[]", "weight_map")]
    [TestCase("""{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}""", "JSON")]
    [TestCase("<!doctype html>", "a web page")]
    [TestCase("""{"weight_map":{"z":"model-00001-of-00002.safetensors"}}""", "must name tensors that exist")]
    public void Open_IndexThatCannotBe_IsRefused(string index, string word)
    {
        WriteShards();
        WriteIndex(index);

        Assert.That(() => TensorFiles.Open(In("model.safetensors.index.json")), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains(word));
    }

    [Test]
    public void Open_IndexOfMoreFilesThanAnyModelHas_IsRefusedBeforeAnyIsOpened()
    {
        string map = string.Join(',', Enumerable.Range(0, 2000).Select(i => $"\"t{i}\":\"s{i}.safetensors\""));
        WriteIndex("{\"weight_map\":{" + map + "}}");

        Assert.That(() => TensorFiles.Open(In("model.safetensors.index.json")), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains("at most 1000 files"));
    }

    private static void AssertBoth(TensorFiles files)
    {
        using var scope = NewDisposeScope();
        Assert.That(files.Names, Is.EquivalentTo((string[])["a", "b"]));
        foreach ((string name, float value) in ((string, float)[])[("a", 1), ("b", 2)])
        {
            Tensor read = empty(2);
            files.Read(name, read);
            using Tensor expected = ones(2).MultiplyInPlace(value);
            TensorAssert.BitEqual(read, expected, name);
            Assert.That(files.Shape(name), Is.EqualTo((long[])[2]));
        }
    }

    private void WriteShards()
    {
        Write("model-00001-of-00002.safetensors", ("a", 1));
        Write("model-00002-of-00002.safetensors", ("b", 2));
    }

    private void Write(string name, params (string Name, float Value)[] tensors)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(In(name), [.. tensors.Select(tensor => KeyValuePair.Create(tensor.Name, ones(2).MultiplyInPlace(tensor.Value)))]);
    }

    private void WriteIndex(string json) => File.WriteAllText(In("model.safetensors.index.json"), json);

    private string In(string name) => _folder.File(name);
}
