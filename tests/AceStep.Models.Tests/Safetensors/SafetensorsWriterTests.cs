using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace AceStep.Models.Tests;

[TestFixture]
public sealed class SafetensorsWriterTests
{
    [Test]
    public void Write_FewTensors_GivesTheFormatsBytes()
    {
        using var scope = NewDisposeScope();
        using TemporaryFile file = new();

        SafetensorsWriter.Write(
            file.Path,
            [
                new("b", torch.tensor((byte[])[7])),
                new("z", torch.tensor((float[])[1])),
                new("é\"", torch.tensor((float[])[2])),
                new("a", torch.tensor((long[])[3])),
            ],
            new Dictionary<string, string> { ["format"] = "pt" });

        const string Json = """{"__metadata__":{"format":"pt"},"a":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},"z":{"dtype":"F32","shape":[1],"data_offsets":[8,12]},"é\"":{"dtype":"F32","shape":[1],"data_offsets":[12,16]},"b":{"dtype":"U8","shape":[1],"data_offsets":[16,17]}}""";
        byte[] bytes = File.ReadAllBytes(file.Path);
        int headerLength = (int)BitConverter.ToInt64(bytes);
        Assert.That(headerLength % 8, Is.Zero);
        Assert.That(Encoding.UTF8.GetString(bytes, 8, headerLength).TrimEnd(' '), Is.EqualTo(Json));
        Assert.That(bytes[(8 + headerLength)..], Is.EqualTo((byte[])[3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 128, 63, 0, 0, 0, 64, 7]));
    }

    [Test]
    public void Write_WhatWasRead_GivesTheSameTensorsOfEveryType()
    {
        using var scope = NewDisposeScope();
        ScalarType[] types =
        [
            ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64,
            ScalarType.Int32, ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool,
        ];
        List<KeyValuePair<string, Tensor>> tensors =
        [
            .. types.Select(type => KeyValuePair.Create(type.ToString(), TensorArithmetic.Range(0, 6, 1, float32, CPU).view(2, 3).to(type))),
            new("scalar", torch.tensor(2.5)),
            new("empty", torch.empty([0, 4])),
            new("transposed", TensorArithmetic.Range(0, 6, 1, float32, CPU).view(2, 3).t()),
        ];
        using TemporaryFile file = new();

        SafetensorsWriter.Write(file.Path, tensors);

        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);
        Assert.That(opened.Names, Is.EquivalentTo(tensors.Select(pair => pair.Key)));
        foreach ((string name, Tensor tensor) in tensors)
        {
            TensorAssert.BitEqual(opened.Read(name), tensor, name);
        }
    }

    [Test]
    [Category(ReferenceData.Category)]
    public void ReferenceFiles_OfAnySet_AreFound() => ReferenceData.RequireCases(ReferenceFiles());

    [TestCaseSource(nameof(ReferenceFiles))]
    [Category(ReferenceData.Category)]
    public void Write_ReferenceFile_GivesItsBytesAgain(string name)
    {
        using var scope = NewDisposeScope();
        string path = ReferenceData.Require(name);
        using SafetensorsFile original = SafetensorsFile.Open(path);
        using TemporaryFile file = new();

        SafetensorsWriter.Write(
            file.Path,
            [.. original.Names.Reverse().Select(tensor => KeyValuePair.Create(tensor, original.Read(tensor)))],
            original.Metadata.Count > 0 ? original.Metadata : null);

        using SafetensorsFile written = SafetensorsFile.Open(file.Path);
        Assert.That(written.Metadata, Is.EquivalentTo(original.Metadata));
        Assert.That(
            written.Entries.Values.Select(entry => (entry.Name, entry.Type, entry.ByteCount)),
            Is.EqualTo(original.Entries.Values.Select(entry => (entry.Name, entry.Type, entry.ByteCount))));
        byte[] expected = File.ReadAllBytes(path);
        byte[] actual = File.ReadAllBytes(file.Path);
        // The library that wrote the originals puts several keys of metadata in any order, so then only the data can be equal.
        int start = original.Metadata.Count <= 1 ? 0 : (int)(original.Entries.Count == 0 ? expected.Length : original.Entries.Values.First().Offset);
        Assert.That(actual, Has.Length.EqualTo(expected.Length));
        Assert.That(actual.AsSpan(start).SequenceEqual(expected.AsSpan(start)), Is.True, "bytes");
    }

    [Test]
    public void Write_FailureHalfWay_LeavesTheOldFileAlone()
    {
        using var scope = NewDisposeScope();
        using TemporaryFile file = new("old"u8);

        // What is on the META device has no bytes to write.
        Assert.Throws<ExternalException>(() => SafetensorsWriter.Write(
            file.Path,
            [new("a", torch.zeros(1000)), new("b", torch.empty([5], device: META))]));

        Assert.That(File.ReadAllText(file.Path), Is.EqualTo("old"));
        Assert.That(Directory.GetFiles(Path.GetDirectoryName(file.Path)!), Has.Length.EqualTo(1));
    }

    [Test]
    public void Write_SymbolicLink_WritesWhatItPointsTo()
    {
        using var scope = NewDisposeScope();
        using TemporaryFolder folder = new();
        File.CreateSymbolicLink(folder.File("link"), folder.File("target"));

        SafetensorsWriter.Write(folder.File("link"), [new("a", torch.ones(1))]);

        Assert.That(new FileInfo(folder.File("link")).LinkTarget, Is.EqualTo(folder.File("target")));
        using SafetensorsFile written = SafetensorsFile.Open(folder.File("target"));
        Assert.That(written.Names, Is.EqualTo((string[])["a"]));
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "devices have no paths there")]
    public void Write_Device_LeavesItADevice()
    {
        using var scope = NewDisposeScope();

        SafetensorsWriter.Write("/dev/null", [new("a", torch.ones(1))]);

        Assert.That(Tool.Run("ls", "-l", "/dev/null"), Does.StartWith("c"));
    }

    [Test]
    public void Write_FolderThatIsAbsent_SaysSo()
    {
        using TemporaryFile file = new();

        Assert.Throws<DirectoryNotFoundException>(() => SafetensorsWriter.Write(Path.Combine(file.Path, "no", "file.safetensors"), []));
    }

    [Test]
    public void Write_WhatTheFormatCannotHold_IsRefused()
    {
        using var scope = NewDisposeScope();
        using TemporaryFile file = new();
        Tensor one = torch.ones(1);

        Assert.Multiple(() =>
        {
            Assert.That(() => Write(("a", one), ("a", one)), Throws.ArgumentException.With.Message.Contains("\"a\" is given twice"));
            Assert.That(() => Write(("__metadata__", one)), Throws.ArgumentException.With.Message.Contains("__metadata__"));
            Assert.That(() => Write(("\ud800", one)), Throws.ArgumentException.With.Message.Contains("Unicode"));
            Assert.That(() => Write(("a", one.to(complex64))), Throws.ArgumentException.With.Message.Contains("ComplexFloat32"));
            Assert.That(File.Exists(file.Path), Is.False);
        });

        void Write(params (string Name, Tensor Tensor)[] tensors) =>
            SafetensorsWriter.Write(file.Path, [.. tensors.Select(pair => KeyValuePair.Create(pair.Name, pair.Tensor))]);
    }

    private static IEnumerable<string> ReferenceFiles() =>
        Directory.Exists(ReferenceData.Root)
            ? Directory.EnumerateFiles(ReferenceData.Root, "*.safetensors", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(ReferenceData.Root, path))
                .Order(StringComparer.Ordinal)
            : [];
}
