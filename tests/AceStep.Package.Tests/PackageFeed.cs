using System.IO.Compression;
using System.Xml.Linq;

namespace AceStep.Package.Tests;

/// <summary>All packages of the repository, made once from what was built with these tests.</summary>
[SetUpFixture]
public sealed class PackageFeed
{
    private static TemporaryFolder? _folder;

    /// <summary>The folder with the packages.</summary>
    public static string Folder => _folder!.Path;

    /// <summary>The version that all of them have.</summary>
    public static string Version => Path.GetFileNameWithoutExtension(PathOf("AceStep.Core"))["AceStep.Core.".Length..];

    /// <summary>The projects that are packed, by the name of their package.</summary>
    public static IEnumerable<string> Names() =>
        Directory.EnumerateFiles(Path.Combine(ReferenceData.RepositoryRoot, "src"), "*.csproj", SearchOption.AllDirectories)
            .Select(project => Path.GetFileNameWithoutExtension(project) switch { "AceStep.Cli" => "acestep", var name => name })
            .Order(StringComparer.Ordinal);

    /// <summary>The file of a package.</summary>
    public static string PathOf(string name, string extension = "nupkg") =>
        Directory.EnumerateFiles(Folder, $"{name}.*.{extension}").Single(path => char.IsAsciiDigit(Path.GetFileName(path)[name.Length + 1]));

    /// <summary>A package's description of itself.</summary>
    public static XElement Metadata(ZipArchive package)
    {
        using Stream stream = package.Entries.Single(entry => entry.Name.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        XElement metadata = XDocument.Load(stream).Root!.Elements().Single();
        foreach (XElement element in metadata.DescendantsAndSelf())
        {
            element.Name = element.Name.LocalName;
        }

        return metadata;
    }

    [OneTimeSetUp]
    public void Pack()
    {
        _folder = new TemporaryFolder();
        string configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        Dotnet.Run(ReferenceData.RepositoryRoot, ["msbuild", "eng/Packages.proj", "-nologo", "-verbosity:quiet", $"-p:Configuration={configuration}", $"-p:Folder={Folder}"]);
    }

    [OneTimeTearDown]
    public void Remove() => _folder?.Dispose();
}
