using System.Buffers.Binary;
using System.Text;

namespace AceStep.Models.Tests;

/// <summary>The format's rules, on files made byte by byte.</summary>
[TestFixture]
public sealed class SafetensorsHeaderTests
{
    [Test]
    public void Open_SmallestFile_HasNoTensors()
    {
        using TemporaryFile file = new(Bytes("{}", 0));

        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);

        Assert.That(opened.Entries, Is.Empty);
        Assert.That(opened.Metadata, Is.Empty);
    }

    [Test]
    public void Open_SeveralTensors_ListsThemInTheOrderOfTheirBytes()
    {
        const string Header = """
            {"__metadata__":{"format":"pt","ключ":"\u00fc"},
             "b":{"dtype":"I16","shape":[2,0,3],"data_offsets":[8,8]},
             "":{"shape":[],"data_offsets":[8,16],"dtype":"I64"},
             "a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}     
            """;
        using TemporaryFile file = new(Bytes(Header, 16));

        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);

        Assert.Multiple(() =>
        {
            Assert.That(opened.Names, Is.EqualTo((string[])["a", "b", ""]));
            Assert.That(opened.Entries["a"].Shape, Is.EqualTo((long[])[2, 1]));
            Assert.That(opened.Entries["a"].Offset, Is.EqualTo(8 + Encoding.UTF8.GetByteCount(Header)));
            Assert.That(opened.Entries["b"].ByteCount, Is.Zero);
            Assert.That(opened.Shape(""), Is.Empty);
            Assert.That(opened.Metadata["ключ"], Is.EqualTo("ü"));
            Assert.That(() => opened.Shape("c"), Throws.TypeOf<KeyNotFoundException>().With.Message.Contains(file.Path).And.Message.Contains("\"c\""));
        });
    }

    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""", 12, "b", "overlap")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "b", "overlap")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, "b", "hole")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "a", "hole")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 8, null, "end where its last tensor does")]
    [TestCase("{}", 1, null, "end where its last tensor does")]
    [TestCase("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", 8, null, "it has 71 (90%). If the file was downloaded, the download is incomplete")]
    [TestCase("""{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}""", 8, "a", "data_offsets")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "a", "data_offsets")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "a", "data_offsets")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", 4, "a", "data_offsets")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}""", 4, "a", "data_offsets")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4.0]}}""", 4, "a", "data_offsets")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,99999999999999999999]}}""", 4, "a", "data_offsets")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":"0,4"}}""", 4, "a", "data_offsets")]
    [TestCase("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "a", "12 bytes")]
    [TestCase("""{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,8]}}""", 8, "a", "16 bytes")]
    [TestCase("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,4]}}""", 4, "a", "0 bytes")]
    [TestCase("""{"a":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}""", 0, "a", "at most")]
    [TestCase("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "a", "at most")]
    [TestCase("""{"a":{"dtype":"U8","shape":[0,4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "a", "at most")]
    [TestCase("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "a", "shape")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}""", 4, "a", "shape")]
    [TestCase("""{"a":{"dtype":"F32","shape":[null],"data_offsets":[0,4]}}""", 4, "a", "shape")]
    [TestCase("""{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""", 4, "a", "shape")]
    [TestCase("""{"a":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}}""", 4, "a", "JSON")]
    [TestCase("""{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}""", 4, "a", "dtype")]
    [TestCase("""{"a":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}}""", 2, "a", "which needs scales")]
    [TestCase("""{"a":{"dtype":"F8_E8M0","shape":[4],"data_offsets":[0,4]}}""", 4, "a", "which needs scales")]
    [TestCase("""{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,8]}}""", 8, "a", "4 bytes")]
    [TestCase("""{"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}""", 4, "a", "dtype")]
    [TestCase("""{"a":{"shape":[1],"data_offsets":[0,4]}}""", 4, "a", "dtype")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "a", "data_offsets")]
    [TestCase("""{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "a", "once")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}""", 4, "a", "nothing else")]
    [TestCase("""{"a":[]}""", 0, "a", "object")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}""", 4, null, "unique")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\u0061":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}}""", 4, null, "unique")]
    [TestCase("""{"__metadata__":{},"__metadata__":{}}""", 0, null, "unique")]
    [TestCase("""{"__metadata__":{"a":"1","a":"2"}}""", 0, null, "unique")]
    [TestCase("""{"__metadata__":{"a":1}}""", 0, null, "strings")]
    [TestCase("""{"__metadata__":{"a":{}}}""", 0, null, "strings")]
    [TestCase("""{"__metadata__":[]}""", 0, null, "object")]
    [TestCase("""{"__metadata__":null}""", 0, null, "object")]
    [TestCase("""{"__metadata__":{"\ud800":""}}""", 0, null, "Unicode")]
    [TestCase("""{"\udc00":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, null, "Unicode")]
    [TestCase("""{} {}""", 0, null, "JSON")]
    [TestCase("""{}x""", 0, null, "JSON")]
    [TestCase("""{"a":1,}""", 0, "a", "object")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},}""", 4, null, "JSON")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1,],"data_offsets":[0,4]}}""", 4, "a", "JSON")]
    [TestCase("""{/**/}""", 0, null, "JSON")]
    [TestCase("""[]""", 0, null, "begin with")]
    [TestCase(""" {}""", 0, null, "begin with")]
    [TestCase("", 0, null, "begin with")]
    [TestCase("{", 0, null, "JSON")]
    public void Open_BrokenRule_NamesFileTensorAndRule(string header, int dataLength, string? tensor, string rule)
    {
        using TemporaryFile file = new(Bytes(header, dataLength));

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => SafetensorsFile.Open(file.Path))!;

        Assert.Multiple(() =>
        {
            Assert.That(error.File, Is.EqualTo(file.Path));
            Assert.That(error.Tensor, Is.EqualTo(tensor));
            Assert.That(error.Rule, Does.Contain(rule));
            Assert.That(error.Message, Does.Contain(file.Path).And.Contain(rule));
        });
    }

    [TestCase(0)]
    [TestCase(7)]
    public void Open_FileWithoutLengthField_IsRefused(int length)
    {
        using TemporaryFile file = new(new byte[length]);

        Assert.That(() => SafetensorsFile.Open(file.Path), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains("at least 8 bytes"));
    }

    [TestCase(100_000_001UL, "at most 100000000 bytes")]
    [TestCase(ulong.MaxValue, "at most 100000000 bytes")]
    [TestCase(1UL << 63, "at most 100000000 bytes")]
    [TestCase(100_000_000UL, "the download is incomplete")]
    [TestCase(3UL, "end inside the file")]
    public void Open_ImpossibleHeaderLength_IsRefused(ulong length, string rule)
    {
        byte[] bytes = Bytes("{}", 0);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        using TemporaryFile file = new(bytes);

        Assert.That(() => SafetensorsFile.Open(file.Path), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains(rule));
    }

    [Test]
    public void Open_InvalidUtf8_IsRefused()
    {
        byte[] bytes = Bytes("""{"__metadata__":{"a":"?"}}""", 0);
        bytes[Array.IndexOf(bytes, (byte)'?')] = 0xff;
        using TemporaryFile file = new(bytes);

        Assert.That(() => SafetensorsFile.Open(file.Path), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains("UTF-8"));
    }

    [Test]
    public void Open_DeepNesting_IsRefusedWithoutRecursion()
    {
        using TemporaryFile file = new(Bytes("{\"a\":" + new string('[', 1_000_000), 0));

        Assert.That(() => SafetensorsFile.Open(file.Path), Throws.TypeOf<CheckpointFormatException>());
    }

    [Test]
    public void Open_TooManyAxes_IsRefused()
    {
        string shape = string.Join(',', Enumerable.Repeat("1", 65));
        using TemporaryFile file = new(Bytes($$$"""{"a":{"dtype":"U8","shape":[{{{shape}}}],"data_offsets":[0,1]}}""", 1));

        Assert.That(() => SafetensorsFile.Open(file.Path), Throws.TypeOf<CheckpointFormatException>().With.Message.Contains("at most 64"));
    }

    [Test]
    public void Open_NameOfMegabytes_IsQuotedInPart()
    {
        string name = new('n', 3_000_000);
        using TemporaryFile file = new(Bytes($$$"""{"{{{name}}}":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}}""", 1));

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => SafetensorsFile.Open(file.Path))!;

        Assert.That(error.Message, Has.Length.LessThan(1000));
    }

    [Test]
    public void Open_AbsentFile_ThrowsAsTheSystemDoes() =>
        Assert.That(() => SafetensorsFile.Open(Path.Combine(Path.GetTempPath(), "acestep-no-such-file")), Throws.TypeOf<FileNotFoundException>());

    /// <summary>A file of a length field, a header and zeros.</summary>
    internal static byte[] Bytes(string header, int dataLength)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] bytes = new byte[SafetensorsHeader.LengthFieldSize + json.Length + dataLength];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, json.Length);
        json.CopyTo(bytes, SafetensorsHeader.LengthFieldSize);
        return bytes;
    }
}
