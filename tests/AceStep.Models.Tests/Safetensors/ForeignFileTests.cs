using System.Text;

namespace AceStep.Models.Tests;

/// <summary>What people have where a safetensors file should be is called by its name, with what to do about it.</summary>
[TestFixture]
public sealed class ForeignFileTests
{
    private static IEnumerable<TestCaseData> Others()
    {
        yield return Case("lfs", Text("version https://git-lfs.github.com/spec/v1\noid sha256:e810f167\nsize 6611422728\n"), "a Git LFS pointer", "6611422728 bytes", "git lfs pull");
        yield return Case("torch zip", [.. "PK\x3\x4"u8, .. new byte[26], .. "archive/data.pkl"u8, .. new byte[500]], "a PyTorch pickle", "safetensors");
        yield return Case("torch old", [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, .. new byte[100]], "a PyTorch pickle");
        yield return Case("zip", [.. "PK\x3\x4"u8, .. new byte[26], .. "model.safetensors"u8, .. new byte[500]], "a ZIP archive", "unpack");
        yield return Case("gguf", [.. "GGUF"u8, 3, 0, 0, 0, .. new byte[100]], "a GGUF file", "quantised");
        yield return Case("page", Text("\ufeff\n<!DOCTYPE html><html><head><title>ACE-Step</title>"), "a web page (HTML)", "/resolve/");
        yield return Case("page without doctype", Text("<html lang=\"en\">"), "a web page (HTML)");
        yield return Case("bucket", Text("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>"), "an XML text", "AccessDenied", "download the file again");
        yield return Case("server", Text("{\"error\":\"Repository not found\"}"), "a JSON text", "Repository not found");
        yield return Case("words", Text("Invalid username or password."), "a text (\"Invalid username or password.\")");
        yield return Case("link as text", Text("../../blobs/e810f16728d8a2e0d1b9c3a907aac8c9a427ce38edbd890cb3dce5ff92da5aad"), "a link that was copied as text");
        yield return Case("zeros", new byte[100_000], "100000 bytes that begin with zeros", "download the file again");
        yield return Case("gzip", [0x1f, 0x8b, 8, 0, .. new byte[100]], "a gzip archive");
        yield return Case("tar", [.. Text("model.safetensors"), .. new byte[240], .. "ustar"u8, .. new byte[300]], "a tar archive");
        yield return Case("hdf5", [0x89, .. "HDF\r\n\x1a\n"u8, .. new byte[100]], "an HDF5 file");

        static byte[] Text(string text) => Encoding.UTF8.GetBytes(text);
        static TestCaseData Case(string name, byte[] content, params string[] words) => new TestCaseData(content, words).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Others))]
    public void Open_AnotherKindOfFile_SaysWhatItIs(byte[] content, string[] words)
    {
        using TemporaryFile file = new(content);

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => SafetensorsFile.Open(file.Path))!;

        foreach (string word in words)
        {
            Assert.That(error.Message, Does.Contain(word));
        }

        Assert.That(error.Message, Has.Length.LessThan(600));
    }

    [Test]
    public void Open_HeaderAsLongAsAPickleBegins_IsASafetensorsFile()
    {
        // A length of 0x280 bytes has the first two bytes of a pickle.
        string json = "{}" + new string(' ', 0x27e);
        using TemporaryFile file = new(SafetensorsHeaderTests.Bytes(json, 0));

        using SafetensorsFile opened = SafetensorsFile.Open(file.Path);

        Assert.That(opened.Names, Is.Empty);
    }

    [Test]
    public void Open_EveryCut_IsRefused()
    {
        byte[] whole = SafetensorsHeaderTests.Bytes("""{"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}""", 16);
        for (int length = 0; length < whole.Length; length++)
        {
            using TemporaryFile file = new(whole.AsSpan(0, length));
            CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => SafetensorsFile.Open(file.Path))!;
            Assert.That(error.Message, Does.Contain(length < 8 ? "at least 8 bytes" : "the download is incomplete"), $"{length} bytes");
        }
    }

    private static IEnumerable<TestCaseData> NoJson()
    {
        byte[] zipped = [0x1f, 0x8b, 8, 0, .. new byte[100]];
        (string Name, byte[] Content, string What)[] contents =
        [
            ("page", "<!doctype html><title>Not the file</title>"u8.ToArray(), "a web page (HTML)"),
            ("pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"u8.ToArray(), "a Git LFS pointer"),
            ("gzip", zipped, "a gzip archive: unpack it first"),
            ("zip", [.. "PK\x3\x4"u8, .. new byte[100]], "a ZIP archive: unpack it first"),
            ("utf-16", Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes("{\"a\": 1}")).ToArray(), "a text in UTF-16: save it in UTF-8"),
            ("longer than a config may be", [.. zipped, .. new byte[2 << 20]], "a gzip archive: unpack it first"),
        ];
        foreach (string kind in new[] { "config", "tokenizer", "index" })
        {
            foreach ((string name, byte[] content, string what) in contents)
            {
                yield return new TestCaseData(kind, content, what).SetArgDisplayNames(kind, name);
            }
        }
    }

    [TestCaseSource(nameof(NoJson))]
    public void Load_SomethingElseForJson_SaysWhatItIs(string kind, byte[] content, string what)
    {
        using TemporaryFolder folder = new();
        string path = folder.File(kind == "index" ? "model.safetensors.index.json" : "config.json");
        File.WriteAllBytes(path, content);

        CheckpointFormatException error = Assert.Throws<CheckpointFormatException>(() => Load(kind, path))!;

        Assert.That(error.Message, Does.StartWith(path).And.Contain("must be JSON; this is " + what));
    }

    [Test]
    public void Load_ConfigWithAByteOrderMark_IsRead()
    {
        using TemporaryFile file = new([.. Encoding.UTF8.Preamble, .. "{\"a\": 3}"u8]);
        Assert.That(ConfigReader.Load(file.Path).Int32("a", 0), Is.EqualTo(3));
    }

    private static void Load(string kind, string path)
    {
        switch (kind)
        {
            case "config":
                TransformerConfig.Load(path);
                break;
            case "tokenizer":
                Umt5Tokenizer.Load(path);
                break;
            default:
                TensorFiles.Open(path).Dispose();
                break;
        }
    }
}
