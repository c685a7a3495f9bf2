using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace AceStep.Package.Tests;

/// <summary>What lies in the packages.</summary>
public sealed partial class PackageContentTests
{
    private const string Tool = "acestep";

    private static IEnumerable<string> Packages() => PackageFeed.Names();

    private static IEnumerable<string> Libraries() => Packages().Where(name => name != Tool);

    [TestCaseSource(nameof(Packages))]
    public void Package_SaysWhatItIs(string name)
    {
        using ZipArchive package = ZipFile.OpenRead(PackageFeed.PathOf(name));
        XElement metadata = PackageFeed.Metadata(package);

        Assert.That(metadata.Element("description")!.Value, Has.Length.GreaterThan(30));
        Assert.That(metadata.Element("license")!.Value, Is.EqualTo("Apache-2.0"));
        Assert.That(metadata.Element("tags")!.Value, Does.Contain("music"));
        Assert.That(metadata.Element("repository")!.Attribute("commit")!.Value, Does.Match("^[0-9a-f]{40}$"), "which sources it was made from");
        Assert.That(package.GetEntry(metadata.Element("icon")!.Value), Is.Not.Null);
        Assert.That(package.GetEntry("NOTICE"), Is.Not.Null);
    }

    [TestCaseSource(nameof(Packages))]
    public void Package_HasAReadmeOfItsOwnWhoseLinksWorkAnywhere(string name)
    {
        using ZipArchive package = ZipFile.OpenRead(PackageFeed.PathOf(name));
        string readme = Read(package.GetEntry(PackageFeed.Metadata(package).Element("readme")!.Value)!);

        Assert.That(readme, Is.Not.EqualTo(File.ReadAllText(Path.Combine(ReferenceData.RepositoryRoot, "README.md"))));
        Assert.That(readme, Does.StartWith("# ").And.Contain("AceStep for .NET"));
        Assert.That(Link().Matches(readme).Select(link => link.Groups[1].Value), Has.All.StartsWith("https://"));
    }

    [TestCaseSource(nameof(Packages))]
    public void Package_NamesNoFolderOfTheMachineThatBuiltIt(string name)
    {
        if (new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name == "Debug")
        {
            Assert.Ignore("Debug builds keep their paths, for debuggers.");
        }

        using ZipArchive package = ZipFile.OpenRead(PackageFeed.PathOf(name));
        byte[] root = Encoding.UTF8.GetBytes(ReferenceData.RepositoryRoot + Path.DirectorySeparatorChar);

        string[] telling = [.. package.Entries.Where(entry => Bytes(entry).AsSpan().IndexOf(root) >= 0).Select(entry => entry.FullName)];

        Assert.That(telling, Is.Empty);
    }

    [TestCaseSource(nameof(Libraries))]
    public void Library_HasDocumentationAndSymbols(string name)
    {
        using ZipArchive package = ZipFile.OpenRead(PackageFeed.PathOf(name));
        using ZipArchive symbols = ZipFile.OpenRead(PackageFeed.PathOf(name, "snupkg"));

        Assert.That(package.GetEntry($"lib/net10.0/{name}.xml"), Is.Not.Null);
        Assert.That(symbols.GetEntry($"lib/net10.0/{name}.pdb"), Is.Not.Null);
        Assert.That(package.Entries.Select(entry => Path.GetExtension(entry.Name)), Has.None.EqualTo(".pdb"));
    }

    [TestCaseSource(nameof(Packages))]
    public void Package_BringsNoLibtorch(string name)
    {
        using ZipArchive package = ZipFile.OpenRead(PackageFeed.PathOf(name));

        Assert.That(package.Entries.Select(entry => entry.Name), Has.None.Contains("torch_cpu"));
        Assert.That(PackageFeed.Metadata(package).Descendants("dependency").Select(dependency => dependency.Attribute("id")!.Value), Has.None.StartsWith("libtorch").And.None.StartsWith("TorchSharp-"));
    }

    [Test]
    public void Tool_IsSmallAndCarriesNothingForDevelopers()
    {
        const long Most = 50_000_000;
        using ZipArchive package = ZipFile.OpenRead(PackageFeed.PathOf(Tool));

        Assert.That(new FileInfo(PackageFeed.PathOf(Tool)).Length, Is.LessThan(Most));
        string[] forDevelopers = [.. package.Entries.Select(entry => entry.Name).Where(file => Path.GetExtension(file) is ".pdb" or ".xml")];
        Assert.That(forDevelopers, Is.SubsetOf(new[] { "DotnetToolSettings.xml", "[Content_Types].xml" }));
        Assert.That(package.Entries.Select(entry => entry.FullName), Has.Some.EndsWith("checkpoints/nano/config.json"));
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    private static string Read(ZipArchiveEntry entry)
    {
        using StreamReader reader = new(entry.Open());
        return reader.ReadToEnd();
    }

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using MemoryStream bytes = new();
        using Stream stream = entry.Open();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
