namespace AceStep.Hub.Tests;

/// <summary>What a name means, and what paths of others may be.</summary>
internal sealed class ModelNameTests
{
    private static readonly Uri Endpoint = new("https://huggingface.co");

    [TestCase("ACE-Step/ACE-Step-v1-3.5B", "ACE-Step/ACE-Step-v1-3.5B", null, null)]
    [TestCase("ACE-Step/ACE-Step-v1-chinese-rap-LoRA@main", "ACE-Step/ACE-Step-v1-chinese-rap-LoRA", "main", null)]
    [TestCase("a/b@refs/pr/1", "a/b", "refs/pr/1", null)]
    [TestCase("https://huggingface.co/a/b", "a/b", null, null)]
    [TestCase("https://hf.co/a/b/tree/v1.0", "a/b", "v1.0", null)]
    [TestCase("https://huggingface.co/a/b/resolve/main/sub/file%20one.safetensors?download=true", "a/b", "main", "sub/file one.safetensors")]
    [TestCase("https://huggingface.co/a/b/blob/main/x.safetensors", "a/b", "main", "x.safetensors")]
    public void Parse_ANameOfTheHub_IsThat(string text, string repository, string? revision, string? file) =>
        Assert.That(ModelName.Parse(text, Endpoint), Is.EqualTo(new ModelName.OnHub(repository, revision, file)));

    [TestCase("ACE-Step-v1-3.5B")]
    [TestCase("./a/b")]
    [TestCase("../a")]
    [TestCase("/a/b")]
    [TestCase("a/b/c")]
    [TestCase("a/b.safetensors")]
    [TestCase(@"C:\models\x")]
    [TestCase("a/..")]
    [TestCase("a/b--c")]
    [TestCase("a/b@")]
    [TestCase("a/b@../../x")]
    [TestCase("a/b@-x")]
    [TestCase("")]
    public void Parse_AnythingElse_IsAPlaceOnDisk(string text) => Assert.That(ModelName.Parse(text, Endpoint), Is.EqualTo(new ModelName.LocalPath(text)));

    [Test]
    public void Parse_AFolderOfThatPath_IsTheFolder()
    {
        string folder = Directory.CreateTempSubdirectory("acestep-hub-").FullName;
        string name = Path.Combine(Path.GetFileName(Path.GetDirectoryName(folder)!), Path.GetFileName(folder));
        string before = Directory.GetCurrentDirectory();
        try
        {
            Directory.SetCurrentDirectory(Path.GetFullPath(Path.Combine(folder, "..", "..")));

            Assert.That(ModelName.Parse(name, Endpoint), Is.EqualTo(new ModelName.LocalPath(name)));
        }
        finally
        {
            Directory.SetCurrentDirectory(before);
            Directory.Delete(folder);
        }
    }

    [TestCase("http://example.com/x.safetensors")]
    [TestCase("https://user:secret@example.com/x.safetensors")]
    [TestCase("https://")]
    public void Parse_AnAddressNotToBeTrusted_IsRefused(string text) => Assert.That(() => ModelName.Parse(text, Endpoint), Throws.ArgumentException.And.Message.Not.Contain("secret"));

    [TestCase("a")]
    [TestCase("a/b.json")]
    [TestCase("ünïcode/日本.json")]
    public void IsSafe_OrdinaryPaths_Are(string path) => Assert.That(SafePath.IsSafe(path), Is.True);

    [TestCase("")]
    [TestCase("..")]
    [TestCase("../x")]
    [TestCase("a/../../x")]
    [TestCase("/etc/passwd")]
    [TestCase("a//b")]
    [TestCase("a/./b")]
    [TestCase(@"..\x")]
    [TestCase(@"C:\x")]
    [TestCase("C:x")]
    [TestCase("a:stream")]
    [TestCase("a/nul.json")]
    [TestCase("con")]
    [TestCase("a/b ")]
    [TestCase("a/b.")]
    [TestCase("a\nb")]
    [TestCase("a\0b")]
    [TestCase("a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q")]
    public void IsSafe_WhatLeadsElsewhere_IsNot(string path) => Assert.That(SafePath.IsSafe(path), Is.False);
}
